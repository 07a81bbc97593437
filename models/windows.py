"""Training windows: the races that are known before a day, and what was fitted on them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

import numpy as np

from models.boosted import Boosted
from models.form.features import AT, FEATURE_GROUPS
from models.layout import Flags
from models.net import Net
from models.performance import Residual
from models.table import Table

BURN_IN_DAYS = 600  # in which the book's ratings find their level
BURN_IN_SHARE = 1 / 3  # of the past, where that is less
HELD_OUT_SHARE = 0.25  # of the races, to weigh on while no whole season can be
FEWEST_RACES = 600

Done = Callable[[], None]
"""Called after each fit, on the thread that fitted."""

Without: TypeAlias = tuple[str, ...]
"""Groups of features that are left out."""


@dataclass(frozen=True, slots=True)
class Fits:
    """Fits by the day before which their races lie, and what they leave out: no season is fitted twice."""

    table: Table
    seed: int
    residuals: dict[tuple[float, Without], tuple[Residual, float]] = field(default_factory=dict)
    forms: dict[tuple[float, Without], tuple[Net, Boosted]] = field(default_factory=dict)
    done: Done = lambda: None


def known_before(table: Table, day: float) -> Flags:
    """Races before a day, (races,), without those in which the ratings found their level."""
    first = float(table.day.min(initial=day))
    burnt_in = first + min(BURN_IN_DAYS, BURN_IN_SHARE * (day - first))
    known: Flags = (table.day >= burnt_in) & (table.day < day)
    return known


def window_before(table: Table, day: float, without: Without) -> Table | None:
    """The races to train on before a day, blind to some groups; None where too few count."""
    if not enough_before(table, day):
        return None
    return blind(table.where(known_before(table, day)), without)


def enough_before(table: Table, day: float) -> bool:
    """Whether enough races before a day count."""
    return int((table.sample() & known_before(table, day)).sum()) >= FEWEST_RACES


def blind(table: Table, without: Without) -> Table:
    """The table with the features of some groups unknown: what is fitted on it makes nothing of them."""
    if not without:
        return table
    features = table.features.copy()
    features[:, [AT[name] for group in without for name in FEATURE_GROUPS[group]]] = np.nan
    return replace(table, features=features)


def held_out_from(table: Table, day: float) -> float:
    """The day from which the last quarter of the races before a day are held out."""
    days = table.day[known_before(table, day)]
    return float(days[int(len(days) * (1.0 - HELD_OUT_SHARE))])


def years_before(day: float, years: int) -> float:
    """The same day of an earlier year; of 29 February the 28th.

    >>> years_before(float(date(2024, 9, 1).toordinal()), 1) == date(2023, 9, 1).toordinal()
    True
    """
    found = date.fromordinal(int(day))
    try:
        return float(found.replace(year=found.year - years).toordinal())
    except ValueError:
        return float(found.replace(year=found.year - years, day=28).toordinal())
