"""Facts of a race are read from our own events."""

from math import isnan
from typing import Any

from models.form.facts import facts_of, finish_of
from schemas.defaults import defaults
from schemas.records import (
    Conditions,
    Entry,
    Finisher,
    OddsUpdate,
    PastPerformance,
    RaceCard,
    Result,
    RunnerPrice,
)

HEADER: Any = {
    "event_id": "e",
    "source": "s",
    "race_id": "ST-20200101-01",
    "event_time": 1,
    "recorded_time": 5,
    "sequence": 0,
}


def card() -> RaceCard:
    entry: Entry = {
        **defaults(Entry),
        "runner_id": "1",
        "horse_name": " Enthused ",
        "weight_carried_lbs": 0.0,
    }
    return {
        **defaults(RaceCard),
        **HEADER,
        "track_code": "ST",
        "race_date": "2020-01-01",
        "distance_furlongs": 6.0,
        "race_class_details": "Class 4",
        "rating_band": "60-40",
        "entries": [entry],
    }


def test_a_card_with_conditions() -> None:
    wet: Conditions = {**defaults(Conditions), **HEADER, "track_condition": "Wet slow", "surface": "DIRT"}
    facts = facts_of(card(), wet)
    assert (facts.surface, facts.going) == ("DIRT", "WET SLOW")
    assert (facts.class_level, facts.rating_low, facts.rating_high) == (4.0, 40.0, 60.0)
    assert facts.runners[0].horse_id == "ENTHUSED"


def test_what_is_missing_is_nan_or_empty() -> None:
    facts = facts_of({**card(), "rating_band": None, "race_class_details": "Group One"})
    assert isnan(facts.class_level)
    assert isnan(facts.rating_high)
    assert isnan(facts.runners[0].weight_lbs)
    assert facts.going == facts.runners[0].sire == ""


def test_a_finish_takes_the_last_price_before_the_off() -> None:
    finisher: Finisher = {**defaults(Finisher), "runner_id": "1", "finish_position": 1}
    result: Result = {**defaults(Result), **HEADER, "state": "OFFICIAL", "finishers": [finisher]}

    def prices(sequence: int, last: float, *, in_play: bool = False) -> OddsUpdate:
        price: RunnerPrice = {**defaults(RunnerPrice), "runner_id": "1", "last": last}
        return {
            **defaults(OddsUpdate),
            **HEADER,
            "sequence": sequence,
            "market_id": "m",
            "market_type": "WIN",
            "pool": "TOTE",
            "in_play": in_play,
            "runners": [price],
        }

    odds = [prices(2, 4.0), prices(1, 5.0), prices(3, 1.5, in_play=True), prices(4, 0.0)]
    run: PastPerformance = {
        **defaults(PastPerformance), **HEADER, "recorded_time": 9, "horse_id": "H", "runner_id": "1",
        "race_date": "2020-01-01", "comments": "bumped",
    }  # fmt: skip
    found = finish_of(result, odds, [run])
    assert (found.official, found.recorded_time) == (True, 9)
    assert (found.runners[0].odds, found.runners[0].comments) == (4.0, "bumped")
    assert isnan(found.runners[0].seconds)
