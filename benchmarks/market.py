"""A made-up market for load: races whose every odds event changes what is believed of them."""

from datetime import date, timedelta

from schemas.defaults import defaults
from schemas.identity import MICROS, numbered_race, uuid_of
from schemas.records import Entry, OddsUpdate, RaceCard, RunnerPrice

SOURCE = "benchmark"
RUNNERS = 12
MOVED = 2
"""Runners whose prices one event states; exchanges mostly state one to three."""

SHORTEST, STEP, SPREAD, MOVE = 3.0, 1.25, 1.03, 1.01
"""Decimal odds of the favourite, each next runner's to it, lay to back, and how far prices swing."""


def race_ids(run: int, races: int) -> list[str]:
    """Ids of the races of one run; no other run has them."""
    day = date(2000, 1, 1) + timedelta(days=run)
    return [numbered_race("BEL", day, number) for number in range(1, races + 1)]


def card(race_id: str, now: int) -> RaceCard:
    """The card of a race; `now` in microseconds since 1970."""
    return {
        **defaults(RaceCard),
        "event_id": uuid_of(f"{SOURCE}:{race_id}:card"),
        "source": SOURCE,
        "race_id": race_id,
        "event_time": now,
        "recorded_time": now,
        "sequence": 0,
        "market_id": race_id,
        "track_code": "BEL",
        "track_name": None,
        "country": None,
        "time_zone": None,
        "race_date": race_id.split("-")[1],
        "race_number": None,
        "race_name": None,
        "scheduled_off": now + 3600 * MICROS,
        "distance_furlongs": 8.0,
        "surface": "DIRT",
        "race_type": None,
        "race_class_details": None,
        "purse_usd": None,
        "age_sex_restrictions": None,
        "number_of_runners": RUNNERS,
        "places_paid": 3,
        "entries": [_entry(number) for number in range(1, RUNNERS + 1)],
    }


def _entry(number: int) -> Entry:
    return {
        **defaults(Entry),
        "runner_id": str(number),
        "horse_name": f"Load Bearer {number}",
        "program_number": str(number),
        "post_position": number,
        "also_eligible": False,
    }


def odds(race_id: str, sequence: int, now: int) -> OddsUpdate:
    """The race's odds event number `sequence`, from 0: first all runners, then MOVED of them in turns.

    A runner's price swings between two levels, so that no event repeats what is known.
    """
    if sequence:
        first = (sequence - 1) * MOVED
        turn = first // RUNNERS + 1
        numbers = [(first + each) % RUNNERS + 1 for each in range(MOVED)]
    else:
        turn, numbers = 0, list(range(1, RUNNERS + 1))
    return {
        "event_id": uuid_of(f"{SOURCE}:{race_id}:{sequence}"),
        "source": SOURCE,
        "race_id": race_id,
        "event_time": now,
        "recorded_time": now,
        "sequence": sequence + 1,
        "market_id": race_id,
        "market_type": "WIN",
        "pool": "EXCHANGE",
        "image": sequence == 0,
        "in_play": False,
        "places": 1,
        "runners": [_price(number, turn) for number in numbers],
    }


def _price(number: int, turn: int) -> RunnerPrice:
    back = SHORTEST * STEP ** (number - 1) * (MOVE if turn % 2 else 1.0)
    return {
        "runner_id": str(number),
        "last": back,
        "back": back,
        "back_size": 100.0 + turn,
        "lay": back * SPREAD,
        "lay_size": 80.0 + turn,
        "traded": 1000.0 + turn,
        "near_starting_price": None,
        "far_starting_price": None,
        "starting_price": None,
    }
