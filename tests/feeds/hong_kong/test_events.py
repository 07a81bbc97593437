import json
from collections.abc import Callable
from typing import Any

from feeds.hong_kong import details, meetings
from feeds.hong_kong.events import race_events, section_ends
from feeds.hong_kong.join import joined
from feeds.hong_kong.names import Names
from schemas.codec import default_codec

Make = Callable[..., dict[str, Any]]


def told(meeting_race: Make, result_line: Make) -> dict[str, list[Any]]:
    other = details.race_of(result_line("1", "3", "甲 (V101)"))
    other.runners = [
        details.runner_of(result_line("WV-A", "5", "丁 (V105)", win_odds="---")),
        details.runner_of(result_line("PU", "4", "丙 (V104)", finish_time="---", win_odds="9")),
    ]
    race = joined(meetings.parse(json.dumps(meeting_race()).encode()), other, Names())
    found: dict[str, list[Any]] = {}
    for name, event in race_events(race, {}):
        found.setdefault(name, []).append(event)
    return found


def test_every_event_fits_its_schema(meeting_race: Make, result_line: Make) -> None:
    codec = default_codec()
    for name, events in told(meeting_race, result_line).items():
        for event in events:
            assert codec.decode(codec.encode(name, event)) == (name, event)


def test_the_card_has_all_that_were_declared_and_the_odds_those_that_ran(
    meeting_race: Make, result_line: Make
) -> None:
    found = told(meeting_race, result_line)
    (card,), (odds,), (scratch,) = found["RaceCard"], found["OddsUpdate"], found["Scratch"]
    assert [entry["program_number"] for entry in card["entries"]] == ["1", "2", "3", "4", "5"]
    assert [price["runner_id"] for price in odds["runners"]] == ["V102", "V103", "V101", "V104"]
    assert (scratch["runner_id"], scratch["reason"]) == ("V105", "WV-A")
    assert odds["recorded_time"] == card["scheduled_off"]
    assert (odds["pool"], odds["market_type"]) == ("TOTE", "WIN")


def test_the_result_is_official_with_all_dividends(meeting_race: Make, result_line: Make) -> None:
    (result,) = told(meeting_race, result_line)["Result"]
    assert result["recorded_time"] - result["event_time"] == 900_000_000
    by_id = {finisher["runner_id"]: finisher for finisher in result["finishers"]}
    assert (by_id["V101"]["finish_position"], by_id["V101"]["placed"]) == (1, True)
    assert (by_id["V104"]["finish_position"], by_id["V104"]["outcome"]) == (None, "PU")
    assert {d["pool"]: (d["selection"], d["unit_stake"]) for d in result["dividends"]}["TIERCE"] == (
        "3-1-2",
        10.0,
    )
    assert all(finisher["comments"] is None for finisher in result["finishers"])


def test_nothing_of_the_race_is_known_before_it(meeting_race: Make, result_line: Make) -> None:
    found = told(meeting_race, result_line)
    off = found["RaceCard"][0]["scheduled_off"]
    assert all(e["recorded_time"] > off for e in (*found["Result"], *found["PastPerformance"]))


def test_a_run_has_its_calls(meeting_race: Make, result_line: Make) -> None:
    run = next(e for e in told(meeting_race, result_line)["PastPerformance"] if e["runner_id"] == "V101")
    assert [call["leader_seconds"] for call in run["calls"]] == [27.99, 53.84, 78.75, 99.6]
    assert run["number_of_runners"] == 4


def test_sections_but_the_first_are_400_metres() -> None:
    assert section_ends(1000, 3) == (200, 600, 1000)
    assert section_ends(1200, 3) == (400, 800, 1200)
    assert section_ends(2200, 6) == (200, 600, 1000, 1400, 1800, 2200)
    assert section_ends(1200, 5) == section_ends(None, 3) == ()
