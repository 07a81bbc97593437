"""Fits what is believed from tables of past races: every constant from those races alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from models import boosted, logit
from models.exotics import fit_exponents
from models.form.features import AT, FEATURE_GROUPS
from models.layout import Flags, Floats
from models.performance import PUBLIC_POWERS, Beliefs, Combined, Fundamental, Public, Residual
from models.softmax import STAGES, blend, softmax, targets
from models.table import Table

LOGIT_L2 = 0.007
RESIDUAL_L2 = 0.1
FORM_STAGES = (1.0, 0.25, 0.1)  # weights of the places in the loss of logit and trees
PUBLIC_SHARE = 0.7  # of the labels of both
USUAL_SCALE = 1.1  # of the mean of both scores while no season out of their sample is known
BURN_IN_DAYS = 600  # in which the book's ratings find their level
BURN_IN_SHARE = 1 / 3  # of the past, where that is less
USUAL_WEIGHTS = (0.25, 0.6)  # of the residual's logit and trees, before they are fitted
HELD_OUT_SHARE = 0.25  # of the races, to weigh the residual on while no whole season can be
OUT_OF_SAMPLE_SEASONS = 4
FEWEST_RACES = 600
Say = Callable[[str], None]
Without: TypeAlias = tuple[str, ...]

CHOICES: tuple[Without, ...] = ((), ("gsr",))
"""Groups of features that may be left out: breeding is known of some horses alone, and of others later on."""


@dataclass(frozen=True, slots=True)
class Fits:
    """Fits by the day before which their races lie, and what they leave out: no season is fitted twice."""

    table: Table
    seed: int
    residuals: dict[tuple[float, Without], tuple[Residual, float]] = field(default_factory=dict)
    forms: dict[tuple[float, Without], tuple[logit.Logit, boosted.Boosted]] = field(default_factory=dict)


def known_before(table: Table, day: float) -> Flags:
    """Races before a day, (races,), without those in which the ratings found their level."""
    first = float(table.day.min(initial=day))
    burnt_in = first + min(BURN_IN_DAYS, BURN_IN_SHARE * (day - first))
    known: Flags = (table.day >= burnt_in) & (table.day < day)
    return known


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
    """Conditional logit of form."""
    labels, left = labels_of(table)
    terms = logit.prepare(table.features, table.start)
    weights = logit.fit(terms.of(table.features, table.start), table.start, labels, left, l2=l2)
    return logit.Logit(terms, weights)


def fit_form(table: Table, seed: int) -> tuple[logit.Logit, boosted.Boosted]:
    """Logit and trees of form."""
    labels, left = labels_of(table)
    trees = boosted.train(table.features, table.start, labels, left, seed=seed)
    return fit_logit(table), trees


def blind(table: Table, without: Without) -> Table:
    """The table with the features of some groups unknown: what is fitted on it makes nothing of them."""
    if not without:
        return table
    features = table.features.copy()
    features[:, [AT[name] for group in without for name in FEATURE_GROUPS[group]]] = np.nan
    return replace(table, features=features)


def form_before(fits: Fits, day: float, without: Without = ()) -> tuple[logit.Logit, boosted.Boosted] | None:
    """Logit and trees of the races before a day, fitted once; None where there are too few."""
    if (day, without) not in fits.forms:
        table = fits.table
        known = known_before(table, day)
        if (table.sample() & known).sum() < FEWEST_RACES:
            return None
        fits.forms[day, without] = fit_form(blind(table.where(known), without), fits.seed)
    return fits.forms[day, without]


def fit_fundamental(fits: Fits, day: float, without: Without = ()) -> Fundamental | None:
    """Form before a day; the scale of its mean score makes the season before likeliest, out of its sample."""
    last, first = form_before(fits, day, without), years_before(day, 1)
    if last is None:
        return None
    table, scale = fits.table, USUAL_SCALE
    season = table.where((table.day >= first) & (table.day < day) & table.sample())
    earlier = form_before(fits, first, without) if len(season) else None
    if earlier is not None:
        scores = Fundamental(*earlier, 1.0).scores(season.features, season.start)
        (scale,) = fit_powers(season, [scores], start=(USUAL_SCALE,))
    return Fundamental(*last, scale)


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


def labels_of(table: Table) -> tuple[Floats, Floats]:
    """Labels and those left of the exploded stages, the first mixed with the public's opinion.

    The public is taken at its power: its plain shares are too small for favourites, and so would form's be.
    """
    labels, left = targets(table.position, table.start, FORM_STAGES)
    public = Public(fit_public(table)).win(table.log_share, table.start)
    return blend(labels, public, table.start, PUBLIC_SHARE), left


def fit_residual(table: Table, seed: int) -> tuple[Residual, float]:
    """Residual logit and trees on the public's offset, and its power; on races that count alone."""
    held = table.where(table.sample())
    power = fit_public(held)
    labels, left = targets(held.position, held.start, STAGES)
    offset = power * held.log_share
    terms = logit.prepare(held.features, held.start)
    weights = logit.fit(
        terms.of(held.features, held.start),
        held.start,
        labels,
        left,
        l2=RESIDUAL_L2,
        offset=offset,
        powers=PUBLIC_POWERS,
    )
    trees = boosted.train(
        held.features,
        held.start,
        labels,
        left,
        seed=seed,
        trees=boosted.RESIDUAL_TREES,
        parameters=boosted.RESIDUAL,
        offset=offset,
        powers=PUBLIC_POWERS,
    )
    return Residual(logit.Logit(terms, weights), trees), power


def residual_before(fits: Fits, day: float, without: Without = ()) -> tuple[Residual, float] | None:
    """The residual of the races before a day, fitted once; None where there are too few."""
    if (day, without) not in fits.residuals:
        table = fits.table
        known = known_before(table, day)
        if (table.sample() & known).sum() < FEWEST_RACES:
            return None
        fits.residuals[day, without] = fit_residual(blind(table.where(known), without), fits.seed)
    return fits.residuals[day, without]


def fit_combined(fits: Fits, day: float) -> tuple[Combined, Without] | None:
    """The public and the residual before a day, weighted on up to four earlier seasons out of sample.

    Each of those is scored by a residual of the races before it. While none can be fitted a year before, the
    residual is weighted on the last quarter of the races, and weighs nothing where there is no race to weight
    it on. Of CHOICES the groups are left out without which those seasons are likeliest. None where
    there are too few races.
    """
    found = [(without, *each) for without in CHOICES if (each := _weighted(fits, day, without)) is not None]
    if not found:
        return None
    without, combined, _ = min(found, key=lambda each: each[2])
    return combined, without


def _weighted(fits: Fits, day: float, without: Without) -> tuple[Combined, float] | None:
    """The combined model that leaves these groups out, and the log-loss of what it is weighted on."""
    last = residual_before(fits, day, without)
    if last is None:
        return None
    edges = [years_before(day, back) for back in range(OUT_OF_SAMPLE_SEASONS, -1, -1)]
    seasons = list(pairwise(edges))
    if residual_before(fits, edges[-2], without) is None:
        seasons = [(held_out_from(fits.table, day), day)]
    earlier, scores = [], []
    for first, end in seasons:
        found = residual_before(fits, first, without)
        season = fits.table.where((fits.table.day >= first) & (fits.table.day < end) & fits.table.sample())
        if found is not None and len(season):
            earlier.append(season)
            scores.append(found[0].scores(season.features, season.start))
    if not earlier:
        return Combined(last[0], last[1], (0.0, 0.0)), 0.0
    held = joined(earlier)
    columns = [held.log_share, *(np.concatenate(each) for each in zip(*scores, strict=True))]
    power, *weights = fit_weights(held, columns, start=(last[1], *USUAL_WEIGHTS))
    chance = softmax(power * columns[0] + weights[0] * columns[1] + weights[1] * columns[2], held.start)
    loss = -float(np.log(chance[held.position == 1.0]).sum())
    return Combined(last[0], power, (weights[0], weights[1])), loss


def fit_weights(table: Table, columns: Sequence[Floats], start: Sequence[float]) -> tuple[float, ...]:
    """As `fit_powers`, but none below 0 after the first: the lowest goes, and the others are fitted anew."""
    kept = list(range(len(columns)))
    while True:
        found = fit_powers(table, [columns[at] for at in kept], [start[at] for at in kept])
        lowest = min(zip(found[1:], kept[1:], strict=True), default=(0.0, 0))
        if lowest[0] >= 0.0:
            weights = dict(zip(kept, found, strict=True))
            return tuple(weights.get(at, 0.0) for at in range(len(columns)))
        kept.remove(lowest[1])


def held_out_from(table: Table, day: float) -> float:
    """The day from which the last quarter of the races before a day are held out."""
    days = table.day[known_before(table, day)]
    return float(days[int(len(days) * (1.0 - HELD_OUT_SHARE))])


def fit_beliefs(fits: Fits, day: float, say: Say = lambda _: None) -> Beliefs | None:
    """Everything from the races before a day; None where there are too few."""
    say("public and residual")
    found = fit_combined(fits, day)
    if found is None:
        return None
    combined, without = found
    say("exponents of the places")
    public, exponents = fit_places(fits.table.where(known_before(fits.table, day)))
    say("logit and trees")
    fundamental = fit_fundamental(fits, day, without)
    return None if fundamental is None else Beliefs(fundamental, public, combined, exponents, without)


def fit_places(table: Table) -> tuple[Public, tuple[float, ...]]:
    """The public, and what its probabilities say of the places; on races that count alone."""
    counted = table.where(table.sample())
    public = Public(fit_public(counted))
    win = public.win(counted.log_share, counted.start)
    return public, fit_exponents(win, counted.position, counted.start)


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
