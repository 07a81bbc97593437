"""Races are put together from events whatever came between, and only when they are whole."""

from typing import Any

from models.form.assembly import assemble, starters
from schemas.defaults import defaults
from schemas.records import (
    Entry,
    Finisher,
    OddsUpdate,
    PastPerformance,
    RaceCard,
    Result,
    RunnerPrice,
    Scratch,
)


def events_of(race_id: str, day: str) -> list[tuple[str, Any]]:
    head: Any = {
        "event_id": "e", "source": "s", "race_id": race_id, "event_time": 1, "recorded_time": 5, "sequence": 0
    }  # fmt: skip
    entries = [{**defaults(Entry), "runner_id": name, "horse_name": name} for name in "abc"]
    finishers = [
        {**defaults(Finisher), "runner_id": name, "finish_position": at + 1} for at, name in enumerate("ab")
    ]
    price = {**defaults(RunnerPrice), "runner_id": "a", "last": 2.5}
    market = {"market_id": "m", "market_type": "WIN", "pool": "TOTE", "runners": [price]}
    return [
        (
            "RaceCard",
            {**defaults(RaceCard), **head, "track_code": "ST", "race_date": day, "entries": entries},
        ),
        ("Scratch", {**defaults(Scratch), **head, "runner_id": "c", "action": "SCRATCHED"}),
        ("OddsUpdate", {**defaults(OddsUpdate), **head, **market}),
        ("Result", {**defaults(Result), **head, "state": "OFFICIAL", "finishers": finishers}),
        ("PastPerformance", {**defaults(PastPerformance), **head, "runner_id": "a", "comments": "wide"}),
    ]


def test_a_race_comes_with_all_that_was_told_of_it() -> None:
    (race,) = assemble(events_of("ST-20200101-01", "2020-01-01"))
    assert race.scratched == {"c"}
    assert [runner.runner_id for runner in starters(race).runners] == ["a", "b"]
    assert (race.finish.runners[0].odds, race.finish.runners[0].comments) == (2.5, "wide")


def test_a_race_waits_for_what_is_told_the_next_day() -> None:
    first, second = events_of("ST-20200101-01", "2020-01-01"), events_of("ST-20200104-01", "2020-01-04")
    late = [*first[:-1], *second, first[-1]]
    found = list(assemble(late))
    assert [race.facts.race_id for race in found] == ["ST-20200101-01", "ST-20200104-01"]
    assert found[0].finish.runners[0].comments == "wide"


def test_races_without_a_card_or_an_official_result_are_left_out() -> None:
    told = events_of("ST-20200101-01", "2020-01-01")
    assert not list(assemble(told[1:]))
    assert not list(assemble(told[:3]))
    assert not list(assemble([("HorseProfile", {"race_id": ""})]))
