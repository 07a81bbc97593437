"""What a form guide says of a simulated race's runners: their profiles and past performances, as events."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.day import RaceDay, Slot, generator
from feeds.simulator.entries import BLINKERS_SIGN, horse_id, name_shift
from feeds.simulator.field import GOINGS, declare
from feeds.simulator.names import horse, rider, trainer
from feeds.simulator.performance import LENGTHS_PER_ABILITY
from feeds.simulator.population import EARLY, FEMALE, GELDING, HORSES, ROUNDS, SIRES, Population, population
from feeds.simulator.seasons import History, season_round
from schemas.defaults import defaults
from schemas.identity import MICROS, instant, uuid_of
from schemas.records import Call, Event, HorseProfile, PastPerformance, Surface

SOURCE = "simulator"
TOLD_ROUNDS = 10
"""Rounds back that are told: a horse runs once in each."""

EARLY_SHARPNESS = 1.6
"""How surely early speed puts a horse in front at the first call."""

BEHIND, FORWARD, PLACED = 0.7, 0.15, 3


class Past(NamedTuple):
    """The last rounds of a country, and where each run was at its first call."""

    runs: History
    early: NDArray[np.int64]
    rows: dict[int, list[int]]
    """Rows of each horse, the oldest first."""


class Telling(NamedTuple):
    """What is told from, when it is known (microseconds), and whose ids it has."""

    day: RaceDay
    known_at: int
    horses: Population
    past: Past
    identity: str


def form_events(day: RaceDay, slot: Slot, identity: str) -> Iterator[tuple[str, Event]]:
    """Profile and past performances of every runner, known when the race's market opens."""
    field = declare(day, slot)
    past = recent(day.seed, field.horses.country)
    telling = Telling(day, slot.opens, field.horses, past, identity)
    for number in field.starters.horses.tolist():
        yield "HorseProfile", _profile(day, slot, field.horses, number, identity)
        for row in past.rows.get(number, ()):
            yield "PastPerformance", performance(telling, row)


@lru_cache(maxsize=8)
def recent(seed: int, country: str) -> Past:
    """The runs of a country's last rounds; the same for the same seed."""
    horses = population(seed, country)
    rounds = [season_round(seed, horses, at) for at in range(ROUNDS - TOLD_ROUNDS, ROUNDS)]
    starts = np.cumsum([0, *(int(each.race[-1]) + 1 for each in rounds)])
    columns = {f.name: np.concatenate([getattr(each, f.name) for each in rounds]) for f in fields(History)}
    columns["race"] = np.concatenate([e.race + s for e, s in zip(rounds, starts, strict=False)])
    runs = History(**columns)
    rng = generator(seed, *country.encode(), 15)
    speed = EARLY_SHARPNESS * horses.traits[runs.horse, EARLY] + rng.gumbel(size=len(runs.horse))
    order = np.lexsort((-speed, runs.race))
    first = np.searchsorted(runs.race, runs.race)
    early = np.empty(len(order), dtype=np.int64)
    early[order] = np.arange(len(order)) - first[order] + 1
    rows: dict[int, list[int]] = {}
    for row, number in enumerate(runs.horse.tolist()):
        rows.setdefault(number, []).append(row)
    return Past(runs, early, rows)


def performance(told: Telling, row: int) -> PastPerformance:
    """One run as a past performance."""
    day, known_at, horses, past, identity = told
    runs = past.runs
    number, runners = int(runs.horse[row]), int(runs.runners[row])
    surface = _surface(float(runs.turf[row]))
    when: datetime = instant(known_at) - timedelta(int(runs.days_ago[row]))
    position, early = int(runs.position[row]), int(past.early[row])
    behind = float(runs.lengths_behind[row])
    id = horse_id(horses.country, number)
    call: Call = {
        **defaults(Call),
        "distance_furlongs": 2.0,
        "position": early,
        "lengths_behind_leader": round(0.5 * LENGTHS_PER_ABILITY * (early - 1) / 2.0, 1),
    }
    return {
        **defaults(PastPerformance),
        "event_id": uuid_of(f"{identity}:{id}:run:{when.date()}:{int(runs.race[row])}"),
        "source": SOURCE,
        "race_id": "",
        "event_time": known_at - int(runs.days_ago[row]) * 86_400 * MICROS,
        "recorded_time": known_at,
        "sequence": row,
        "horse_id": id,
        "horse_name": horse(number, name_shift(day.seed, horses.country)),
        "track_name": horses.country,
        "race_date": when.date().isoformat(),
        "distance_furlongs": float(runs.furlongs[row]),
        "surface": surface,
        "track_condition": GOINGS[surface][int(runs.wetness[row])],
        "number_of_runners": runners,
        "post_position": round((float(runs.draw[row]) + 0.5) * max(runners - 1, 1)) + 1,
        "jockey_name": rider(int(runs.rider[row])),
        "trainer_name": trainer(int(horses.trainer[number])),
        "weight_carried_lbs": float(runs.weight[row]),
        "equipment": BLINKERS_SIGN if runs.geared[row] else None,
        "finish_position": position,
        "lengths_behind_winner": behind,
        "starting_price": round(float(1.0 / runs.market[row]), 2),
        "calls": [call],
        "comments": _comment(early / runners, position),
    }


def _profile(day: RaceDay, slot: Slot, horses: Population, number: int, identity: str) -> HorseProfile:
    id, shift = horse_id(horses.country, number), name_shift(day.seed, horses.country)
    sexes = {FEMALE: "F", GELDING: "G"}
    return {
        **defaults(HorseProfile),
        "event_id": uuid_of(f"{identity}:{id}:profile"),
        "source": SOURCE,
        "race_id": "",
        "event_time": slot.opens,
        "recorded_time": slot.opens,
        "sequence": 0,
        "horse_id": id,
        "horse_name": horse(number, shift),
        "year_born": int(slot.race_date[:4]) - int(horses.age[number]),
        "sex": sexes.get(int(horses.sex[number]), "C"),
        "country_bred": horses.country,
        "sire_name": horse(HORSES + int(horses.sire[number]), shift),
        "dam_name": horse(HORSES + SIRES + int(horses.dam[number]) % 200, shift),
    }


def _comment(early: float, position: int) -> str | None:
    """What the chart-caller makes of where it ran early, as a part of the field, and of its placing."""
    if early > BEHIND:
        return "held up, finished strongly" if position <= PLACED else "always behind"
    if early < FORWARD:
        return "made all" if position == 1 else "led, weakened" if position > PLACED else None
    return None


def _surface(turf: float) -> Surface:
    names: dict[float, Surface] = {1.0: "TURF", -1.0: "DIRT", 0.0: "SYNTHETIC"}
    return names[turf]
