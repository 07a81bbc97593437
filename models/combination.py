"""The public put together with what form knows beyond it: the residual, and its weights out of its sample."""

from itertools import pairwise

import numpy as np

from models import boosted, logit
from models.cores import side_by_side
from models.layout import Floats
from models.losses import paired_z, winner_loss
from models.performance import PUBLIC_POWERS, Combined, Residual
from models.softmax import STAGES, softmax, targets
from models.table import Table, joined
from models.weights import fit_public, fit_weights
from models.windows import Fits, Without, enough_before, held_out_from, window_before, years_before

RESIDUAL_L2 = 0.1
USUAL_WEIGHTS = (0.25, 0.6)  # of the residual's logit and trees, before they are fitted
OUT_OF_SAMPLE_SEASONS = 4

CHOICES: tuple[Without, ...] = (("gsr",), ())
"""Groups of features left out, from most to none: breeding is known of some horses, and of others later."""
CLEARLY = 1.0
"""Standard errors by which a choice with more groups has to be better."""


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
    key = day, without
    if key not in fits.residuals and (window := window_before(fits.table, day, without)) is not None:
        fits.residuals[key] = fit_residual(window, fits.seed)
    fits.done()
    return fits.residuals.get(key)


def fit_combined(fits: Fits, day: float) -> tuple[Combined, Without] | None:
    """The public and the residual before a day, weighted on up to four earlier seasons out of sample.

    Each of those is scored by a residual of the races before it. While none can be fitted a year before, the
    residual is weighted on the last quarter of the races, and weighs nothing where there is no race to weight
    it on. Of CHOICES the first stands unless those seasons are CLEARLY better told by another; source: the
    rule of one standard error of Breiman and others (1984), "Classification and Regression Trees", section
    3.4.3. None where there are too few races.
    """
    if not enough_before(fits.table, day):
        return None
    side_by_side(residual_before, [(fits, *asked) for asked in asked_before(fits.table, day)])
    chosen: tuple[Combined, Without] | None = None
    least = np.zeros(0)
    for without in CHOICES:
        combined, losses = _weighted(fits, day, without)
        if chosen is None or paired_z(least - losses) > CLEARLY:
            chosen, least = (combined, without), losses
    return chosen


def asked_before(table: Table, day: float) -> list[tuple[float, Without]]:
    """The residuals that `fit_combined` asks for: by day, and what they leave out."""
    days = [day, *(first for first, _ in _seasons(table, day))]
    return [(each, without) for without in CHOICES for each in days]


def _weighted(fits: Fits, day: float, without: Without) -> tuple[Combined, Floats]:
    """The combined model that leaves these groups out, and the log-losses (races,) of what weighs it."""
    last = fits.residuals[day, without]
    earlier, scores = [], []
    for first, end in _seasons(fits.table, day):
        found = fits.residuals.get((first, without))
        season = fits.table.where((fits.table.day >= first) & (fits.table.day < end) & fits.table.sample())
        if found is not None and len(season):
            earlier.append(season)
            scores.append(found[0].scores(season.features, season.start))
    if not earlier:
        return Combined(last[0], last[1], (0.0, 0.0)), np.zeros(0)
    held = joined(earlier)
    columns = [held.log_share, *(np.concatenate(each) for each in zip(*scores, strict=True))]
    power, *weights = fit_weights(held, columns, start=(last[1], *USUAL_WEIGHTS))
    chance = softmax(power * columns[0] + weights[0] * columns[1] + weights[1] * columns[2], held.start)
    return Combined(last[0], power, (weights[0], weights[1])), winner_loss(chance, held)


def _seasons(table: Table, day: float) -> list[tuple[float, float]]:
    """First day and end of what weighs the residual: seasons before a day, or its last races."""
    edges = [years_before(day, back) for back in range(OUT_OF_SAMPLE_SEASONS, -1, -1)]
    return list(pairwise(edges)) if enough_before(table, edges[-2]) else [(held_out_from(table, day), day)]
