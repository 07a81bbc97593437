"""The horses of a country, with sires and dams they take after, and the riders and trainers, from a seed."""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.day import generator

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Arrays = TypeVar("Arrays", bound="DataclassInstance")

STRING, STRINGS = 20, 991
HORSES = STRING * STRINGS
"""Horses of a country, dealt into strings of like age, trip and rating: a race is run by one string's."""

SIRES, DAMS = 120, 6_600
RIDERS, TRAINERS = 60, 240

ABILITY, STAMINA, MUD, TURF, EARLY, GEAR = range(6)
"""Columns of the traits: ability, trip, wet going, turf over dirt, early pace, what blinkers do."""

HERITABILITY = np.array([0.4, 0.6, 0.4, 0.5, 0.3, 0.1])
"""Part of a trait's variance that is bred; ability's is of the order found for racing performance."""

SEASONS, ROUND_DAYS, ROUNDS = 2, 30, 24
"""The past that horses have: a race about every 30 days for two years."""

FORM_PERSISTENCE = 0.8
FORM_SPREAD = 0.4
"""Form follows an AR(1) from race to race, in the unit of ability."""

AGES = (2, 3, 4, 5, 6, 7, 8)
AGE_SHARES = (0.16, 0.28, 0.21, 0.15, 0.1, 0.06, 0.04)
MATURITY_AGES = (1.5, 2.5, 3.5, 4.5, 6.0, 7.5, 9.5)
MATURITY = (-1.6, -0.8, -0.2, 0.0, 0.0, -0.15, -0.5)

MALE, FEMALE, GELDING = range(3)
RATING_DOUBT = 0.55
"""Standard deviation of what the handicapper gets wrong, in the unit of ability."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Arrays by horse; people's skill by number. Traits have variance 1, the rest is in their unit."""

    country: str
    traits: Floats
    """(horses, 6)."""
    sire: Numbers
    dam: Numbers
    sires: Floats
    """Breeding values, (sires, 6)."""
    dams: Floats
    age: Numbers
    """In whole years today."""
    years: Floats
    """The same with its fraction: half a year is taken to have passed."""
    sex: Numbers
    form: Floats
    """(horses, ROUNDS + 1): at each past round, and today."""
    rating: Floats
    """What the handicapper makes of a horse today."""
    trainer: Numbers
    rider_skill: Floats
    trainer_skill: Floats
    strings: Numbers
    """Horses as they are dealt today, (STRINGS, STRING)."""
    levels: Numbers
    """Rank of each string by its mean rating, from 0 for the lowest."""


@lru_cache(maxsize=8)
def population(seed: int, country: str) -> Population:
    """All of a country, read-only; the same for the same seed."""
    rng = generator(seed, *country.encode(), 10)
    sire, dam = rng.integers(SIRES, size=HORSES), rng.integers(DAMS, size=HORSES)
    sires, dams = rng.normal(size=(SIRES, 6)), rng.normal(size=(DAMS, 6))
    bred = 0.5 * (sires[sire] + dams[dam]) + rng.normal(0.0, np.sqrt(0.5), (HORSES, 6))
    traits = np.sqrt(HERITABILITY) * bred + np.sqrt(1.0 - HERITABILITY) * rng.normal(size=(HORSES, 6))
    age = rng.choice(AGES, HORSES, p=AGE_SHARES)
    sex = rng.choice(3, HORSES, p=(0.25, 0.4, 0.35))
    form = _form(rng)
    years: Floats = age.astype(np.float64) + 0.5
    able = traits[:, ABILITY] + maturity(years) + form[:, -1]
    rating = able + rng.normal(0.0, RATING_DOUBT, HORSES)
    strings = deal(rating, age, sex, traits).reshape(STRINGS, STRING)
    found = Population(
        country=country,
        traits=traits,
        sire=sire,
        dam=dam,
        sires=sires,
        dams=dams,
        age=age,
        years=years,
        sex=sex,
        form=form,
        rating=rating,
        trainer=rng.integers(TRAINERS, size=HORSES),
        rider_skill=rng.normal(0.0, 0.15, RIDERS),
        trainer_skill=rng.normal(0.0, 0.15, TRAINERS),
        strings=strings,
        levels=np.argsort(np.argsort(rating[strings].mean(axis=1), kind="stable"), kind="stable"),
    )
    return read_only(found)


def read_only(record: Arrays) -> Arrays:
    """The same record; its arrays can no longer be written to, since whoever asks again gets them too."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return record


def _form(rng: np.random.Generator) -> Floats:
    """A stationary AR(1) for each horse, (horses, ROUNDS + 1)."""
    form = np.empty((HORSES, ROUNDS + 1))
    form[:, 0] = rng.normal(0.0, FORM_SPREAD, HORSES)
    shock = FORM_SPREAD * np.sqrt(1.0 - FORM_PERSISTENCE**2)
    for at in range(1, ROUNDS + 1):
        form[:, at] = FORM_PERSISTENCE * form[:, at - 1] + rng.normal(0.0, shock, HORSES)
    return form


def maturity(years: Floats) -> Floats:
    """What age does to ability."""
    return np.interp(years, MATURITY_AGES, MATURITY)


def deal(rating: Floats, age: Numbers, sex: Numbers, traits: Floats) -> Numbers:
    """Horses in an order in which neighbours could meet: by age and sex, by trip, by rating."""
    conditions = np.where(age >= 4, np.where(sex == FEMALE, 5, 4), age)
    order: Numbers = np.lexsort((rating, trip(traits[:, STAMINA]), conditions))
    return order


def trip(stamina: Floats) -> Numbers:
    """0 for sprinters, 1 for milers, 2 for stayers."""
    return np.searchsorted(np.array([-0.43, 0.43]), stamina)
