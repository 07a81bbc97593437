from collections.abc import Callable
from typing import Any

from feeds.uk_ire.events import race_events
from feeds.uk_ire.race import race_of, runner_of
from schemas.codec import default_codec

Line = Callable[..., dict[str, str]]


def test_a_race_is_card_conditions_prices_result_and_runs(line: Line) -> None:
    race = race_of(line())
    race.runners = [runner_of(line("1")), runner_of(line("2", "2", DecimalOdds=""))]
    events: list[tuple[str, Any]] = race_events(race)
    codec = default_codec()
    for name, event in events:
        assert codec.decode(codec.encode(name, event)) == (name, event)
    names = [name for name, _ in events]
    assert names == ["RaceCard", "Conditions", "OddsUpdate", "Result", "PastPerformance", "PastPerformance"]
    (card, _, odds, result, *runs) = (event for _, event in events)
    assert card["race_id"] == "WRK-20211105-T1505" or card["race_id"].endswith("-20211105-T1505")
    assert (odds["pool"], [price["runner_id"] for price in odds["runners"]]) == ("FIXED", ["1"])
    assert odds["recorded_time"] == card["scheduled_off"] < result["recorded_time"] < runs[0]["recorded_time"]
    assert card["entries"][0]["year_born"] == 2015
