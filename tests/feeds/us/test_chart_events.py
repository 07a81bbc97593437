from datetime import date
from typing import Any

from feeds.us.chart import Chart, Paid, Place, Starter
from feeds.us.chart_events import chart_events
from feeds.us.words import track_of
from schemas.codec import default_codec

OFF = 1_538_240_640_000_000


def _chart() -> Chart:
    best = Starter("BEST", "Best", number="1", interest="1", odds=3.5, position=1, lengths=0.0, sire="Sire")
    best.places = [Place(6.0, 1, 0.0, 70.0)]
    best.comment = "led all the way"
    mate = Starter("MATE", "Mate", number="1A", interest="1", odds=3.5, position=2, lengths=1.0)
    out = Starter("OUT", "Out", scratched=True)
    return Chart(
        "equibase", track_of("BEL"), date(2018, 9, 29), 2, OFF, "DIRT", "TURF", going="FAST", seconds=70.0,
        weather="Clear", temperature=73.0, starters=[best, mate, out],
        dividends=[Paid("WIN", "1", 7.0, 2.0), Paid("PLACE", "1", 3.0, 2.0)],
    )  # fmt: skip


def test_a_chart_is_told_in_the_order_in_which_it_was_known() -> None:
    events: list[tuple[str, Any]] = chart_events(_chart())
    codec = default_codec()
    assert all(codec.decode(codec.encode(name, event)) == (name, event) for name, event in events)
    assert [name for name, _ in events] == [
        "RaceCard", "Scratch", "Conditions", "OddsUpdate", "Result", "PastPerformance", "PastPerformance",
        "HorseProfile",
    ]  # fmt: skip
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)
    card, scratch, conditions, odds, result, run, *_ = (event for _, event in events)
    assert (card["race_id"], card["surface"], conditions["surface"]) == ("BEL-20180929-02", "TURF", "DIRT")
    assert (odds["recorded_time"], odds["pool"]) == (OFF, "TOTE")
    assert result["recorded_time"] == OFF + (70 + 15 * 60) * 1_000_000
    assert [f["placed"] for f in result["finishers"]] == [True, True]  # a bet on one covers both
    assert (scratch["runner_id"], run["comments"]) == ("OUT", "led all the way")
    assert chart_events(_chart()) == events


def test_comments_are_told_next_day_and_not_with_the_result() -> None:
    told: list[tuple[str, Any]] = chart_events(_chart())
    assert all(f["comments"] is None for name, event in told if name == "Result" for f in event["finishers"])
