"""The past of a country's horses, as tables to learn from and as the runs of one horse."""

import re
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from feeds.simulator.day import RaceDay
from feeds.simulator.entries import BLINKERS_SIGN
from feeds.simulator.field import GOINGS
from feeds.simulator.names import rider
from feeds.simulator.population import HORSES, ROUNDS, population, read_only
from feeds.simulator.seasons import History, season_round
from feeds.simulator.venues import STYLES
from schemas.records import Surface


@dataclass(frozen=True, slots=True)
class PastRun:
    """One past run as a form guide has it. Distance in furlongs, weight in pounds, beaten lengths."""

    run_date: date
    country: str
    race: int
    distance_furlongs: float
    surface: Surface
    track_condition: str
    jockey_name: str
    weight_carried_lbs: float
    equipment: str | None
    number_of_runners: int
    finish_position: int
    lengths_behind_winner: float
    starting_price: float


@lru_cache(maxsize=8)
def history(seed: int, country: str) -> History:
    """All past runs of a country's horses, read-only; the same for the same seed."""
    horses = population(seed, country)
    rounds = [season_round(seed, horses, at) for at in range(ROUNDS)]
    first = np.cumsum([0, *(int(each.race[-1]) + 1 for each in rounds)])
    columns = {
        field.name: np.concatenate([getattr(each, field.name) for each in rounds])
        for field in fields(History)
    }
    columns["race"] = np.concatenate([each.race + start for each, start in zip(rounds, first, strict=False)])
    return read_only(History(**columns))


def form_of(day: RaceDay, horse_id: str, as_of: date | None = None) -> tuple[PastRun, ...]:
    """A horse's runs before a date (the start of the day if left out), the latest first.

    Raises ValueError for an id that is not of a simulated horse.
    """
    country, number = _horse(horse_id)
    past, today = history(day.seed, country), day.start.date()
    rows = np.flatnonzero(past.horse == number)[::-1].tolist()
    runs = (_past_run(past, country, today, row) for row in rows)
    return tuple(run for run in runs if run.run_date < (as_of or today))


def _horse(horse_id: str) -> tuple[str, int]:
    """Country and number of a simulated horse."""
    found = re.fullmatch(r"sim-([A-Z]{2})-([0-9]{5})", horse_id)
    if found is None or found[1] not in STYLES or int(found[2]) >= HORSES:
        raise ValueError(f"{horse_id!r} is no simulated horse's id")
    return found[1], int(found[2])


def _past_run(past: History, country: str, today: date, row: int) -> PastRun:
    surface = _surface(float(past.turf[row]))
    return PastRun(
        run_date=today - timedelta(int(past.days_ago[row])),
        country=country,
        race=int(past.race[row]),
        distance_furlongs=float(past.furlongs[row]),
        surface=surface,
        track_condition=GOINGS[surface][int(past.wetness[row])],
        jockey_name=rider(int(past.rider[row])),
        weight_carried_lbs=float(past.weight[row]),
        equipment=BLINKERS_SIGN if past.geared[row] else None,
        number_of_runners=int(past.runners[row]),
        finish_position=int(past.position[row]),
        lengths_behind_winner=float(past.lengths_behind[row]),
        starting_price=round(float(1.0 / past.market[row]), 2),
    )


def _surface(turf: float) -> Surface:
    names: dict[float, Surface] = {1.0: "TURF", -1.0: "DIRT", 0.0: "SYNTHETIC"}
    return names[turf]
