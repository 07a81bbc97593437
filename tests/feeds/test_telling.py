from datetime import date
from zoneinfo import ZoneInfo

from feeds.telling import Telling, times_of
from schemas.identity import iso

LONDON = ZoneInfo("Europe/London")


def test_what_is_known_comes_in_order_by_the_tracks_clock() -> None:
    times = times_of(date(2024, 7, 1), LONDON, 1_719_842_400_000_000, 75.5)
    assert iso(times.card).startswith("2024-06-30T11:00")
    assert times.card < times.off < times.finish < times.official < times.told
    assert times.official - times.finish == 900_000_000
    assert iso(times.told).startswith("2024-07-02T11:00")


def test_ids_follow_from_what_is_told_and_sequences_from_the_order() -> None:
    telling = Telling("a", "BEL-20230715-01")
    telling.add("Scratch", "scratch:1", 1, 2, {"runner_id": "1"})
    telling.add("Scratch", "scratch:2", 1, 2, {"runner_id": "2"})
    again = Telling("a", "BEL-20230715-01")
    again.add("Scratch", "scratch:1", 7, 8, {"runner_id": "other"})
    assert [event["sequence"] for _, event in telling.events] == [0, 1]
    assert telling.events[0][1]["event_id"] == again.events[0][1]["event_id"]
    assert telling.events[0][1]["event_id"] != telling.events[1][1]["event_id"]
