"""Fits what is believed from tables of past races: every constant from those races alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models import boosted, logit
from models.exotics import fit_exponents
from models.layout import Flags, Floats
from models.performance import PUBLIC_POWERS, Beliefs, Combined, Fundamental, Public
from models.softmax import STAGES, blend, softmax, targets
from models.table import Table

LOGIT_L2 = 0.007
RESIDUAL_L2 = 0.1
PUBLIC_SHARE = 0.7  # of the trees' labels
LOGIT_SHARE = 0.5  # of the logit's
AVERAGE_SCALE = 1.05
SEASON_DAYS = 365
BURN_IN_DAYS = 600  # in which the book's ratings find their level
FIRST_WEIGHT = 0.5  # of the residual while no season out of its sample is known
OUT_OF_SAMPLE_SEASONS = 4
FEWEST_RACES = 600

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fits:
    """Fits of the residual by the day before which their races lie: no season is fitted twice."""

    table: Table
    residuals: dict[float, tuple[logit.Logit, float]]


def burnt_in(table: Table) -> Flags:
    """Races after the ratings have found their level, (races,)."""
    late: Flags = table.day >= table.day.min(initial=np.inf) + BURN_IN_DAYS
    return late


def fit_public(table: Table) -> float:
    """Power of the public's log shares, by maximum likelihood; 1 without a race that counts."""
    held = table.where(table.sample())
    return fit_powers(held, [held.log_share], start=(1.0,))[0] if len(held) else 1.0


def fit_powers(table: Table, columns: Sequence[Floats], start: Sequence[float]) -> tuple[float, ...]:
    """Weights of the columns (rows,) that make the winners most likely, by Newton's method; it is convex."""
    weights = np.array(start, dtype=np.float64)
    data = np.stack(columns, axis=1)
    won = table.position == 1.0
    for _ in range(12):
        chance = softmax(data @ weights, table.start)
        middle = np.add.reduceat(data * chance[:, None], table.start, axis=0)
        apart = data - np.repeat(middle, table.runners, axis=0)
        slope = apart[won].sum(axis=0)
        curve = (apart * chance[:, None]).T @ apart
        weights += np.linalg.solve(curve + 1e-9 * np.eye(len(weights)), slope)
    return tuple(float(weight) for weight in weights)


def fit_logit(table: Table, l2: float = LOGIT_L2) -> logit.Logit:
    """Conditional logit of form, half of its first stage the public's probability."""
    labels, left = labels_of(table, LOGIT_SHARE)
    terms = logit.prepare(table.features, table.start)
    weights = logit.fit(terms.of(table.features, table.start), table.start, labels, left, l2=l2)
    return logit.Logit(terms, weights)


def fit_fundamental(table: Table, seed: int) -> Fundamental:
    """Logit and trees of form."""
    labels, left = labels_of(table, PUBLIC_SHARE)
    trees = boosted.train(table.features, table.start, labels, left, seed=seed)
    return Fundamental(fit_logit(table), trees, AVERAGE_SCALE)


def labels_of(table: Table, share: float) -> tuple[Floats, Floats]:
    """Labels and those left of the exploded stages, the first mixed with the public's opinion."""
    labels, left = targets(table.position, table.start, STAGES)
    return blend(labels, np.exp(table.log_share), table.start, share), left


def fit_residual(table: Table) -> tuple[logit.Logit, float]:
    """Residual logit on the public's offset, and the power of that offset; on races that count alone."""
    held = table.where(table.sample())
    power = fit_public(held)
    labels, left = targets(held.position, held.start, STAGES)
    terms = logit.prepare(held.features, held.start)
    weights = logit.fit(
        terms.of(held.features, held.start),
        held.start,
        labels,
        left,
        l2=RESIDUAL_L2,
        offset=power * held.log_share,
        powers=PUBLIC_POWERS,
    )
    return logit.Logit(terms, weights), power


def residual_before(fits: Fits, day: float) -> tuple[logit.Logit, float] | None:
    """The residual of the races before a day, fitted once; None where there are too few."""
    if day not in fits.residuals:
        table = fits.table
        known = burnt_in(table) & (table.day < day)
        if (table.sample() & known).sum() < FEWEST_RACES:
            return None
        fits.residuals[day] = fit_residual(table.where(known))
    return fits.residuals[day]


def fit_combined(fits: Fits, day: float) -> Combined | None:
    """The public and the residual before a day, weighted on up to four earlier seasons out of sample.

    Each of those is scored by a residual of the races before it. None where there are too few races.
    """
    last = residual_before(fits, day)
    if last is None:
        return None
    table, earlier, scores = fits.table, [], []
    edges = [day - SEASON_DAYS * back for back in range(OUT_OF_SAMPLE_SEASONS, -1, -1)]
    for first, end in pairwise(edges):
        found = residual_before(fits, first)
        season = table.where((table.day >= first) & (table.day < end) & table.sample())
        if found is not None and len(season):
            earlier.append(season)
            scores.append(found[0].score(season.features, season.start))
    if not earlier:
        return Combined(last[0], last[1], FIRST_WEIGHT)
    held = joined(earlier)
    columns = [held.log_share, np.concatenate(scores)]
    power, weight = fit_powers(held, columns, start=(last[1], FIRST_WEIGHT))
    return Combined(last[0], power, max(weight, 0.0))


def fit_beliefs(fits: Fits, day: float, seed: int, say: Say = lambda _: None) -> Beliefs | None:
    """Everything from the races before a day; None where there are too few."""
    say("public and residual")
    combined = fit_combined(fits, day)
    if combined is None:
        return None
    known = fits.table.where(burnt_in(fits.table) & (fits.table.day < day))
    counted = known.where(known.sample())
    public = Public(fit_public(known))
    say("exponents of the places")
    exponents = fit_exponents(public.win(counted.log_share, counted.start), counted.position, counted.start)
    say("logit and trees")
    return Beliefs(fit_fundamental(known, seed), public, combined, exponents)


def joined(tables: Sequence[Table]) -> Table:
    """Tables one after the other."""
    rows = np.cumsum([0, *(len(table.position) for table in tables)])
    return Table(
        race_id=np.concatenate([table.race_id for table in tables]),
        day=np.concatenate([table.day for table in tables]),
        start=np.concatenate([table.start + row for table, row in zip(tables, rows, strict=False)]),
        runner_id=np.concatenate([table.runner_id for table in tables]),
        features=np.concatenate([table.features for table in tables]),
        position=np.concatenate([table.position for table in tables]),
        odds=np.concatenate([table.odds for table in tables]),
    )
