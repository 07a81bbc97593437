"""Conditional logit over the runners of a race, also on a fixed offset: fitting, and scoring by terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from models.compiled import compiled
from models.layout import Counts, Floats
from models.softmax import STAGES, Starts, sizes, slopes, spread, sums

OUTER = 0.5  # per cent of the values on each side that are clipped
MOST_STEPS = 400
CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Terms:
    """How features become the terms of a linear score; arrays (features,).

    A feature is clipped into [low, high], centred in its race over the runners that have it, divided by
    `scale`; a missing one is 0. Then follow the squares of those, again centred. `scale` is 0 of a feature
    that never varies: it has no part.
    """

    low: Floats
    high: Floats
    scale: Floats
    square_scale: Floats

    def of(self, features: Floats, starts: Starts) -> Floats:
        """Terms (rows, 2 * features) of the runners' features (rows, features)."""
        clipped = np.clip(features, self.low, self.high)
        first = _scaled(_centred(clipped, starts), self.scale)
        squares = _scaled(_centred(first * first, starts), self.square_scale)
        return np.concatenate([first, squares], axis=1)


@dataclass(frozen=True)
class Logit:
    """A fitted conditional logit: score = offset + sum(weight * term); `weights` (2 * features,)."""

    terms: Terms
    weights: Floats

    def contributions(self, features: Floats, starts: Starts) -> Floats:
        """What each feature adds to the score, its square with it, (rows, features)."""
        parts = np.empty(features.shape)
        _add_terms(*by_race(features, starts), self._held, parts)
        return parts

    def score(self, features: Floats, starts: Starts) -> Floats:
        """Score of each runner, (rows,), the same bits alone and among others."""
        scores = np.empty(len(features))
        _add_scores(*by_race(features, starts), self._held, scores)
        return scores

    @cached_property
    def _held(self) -> "_Held":
        terms = self.terms
        return _Held(Bounds.of(terms), inverse(terms.square_scale), self.weights)


def by_race(features: Floats, starts: Starts) -> tuple[Floats, Counts]:
    """Features (rows, features) and the edges (races + 1,) of their races, as compiled code takes them."""
    edges = np.empty(len(starts) + 1, np.int64)
    edges[:-1], edges[-1] = starts, len(features)
    return np.ascontiguousarray(features, dtype=np.float64), edges


class Bounds(NamedTuple):
    """What `standardise` needs of terms; the scale is inverted."""

    low: Floats
    high: Floats
    scale: Floats

    @classmethod
    def of(cls, terms: Terms) -> "Bounds":
        """Those of terms."""
        return cls(terms.low, terms.high, inverse(terms.scale))


class _Held(NamedTuple):
    """Terms and weights as compiled code takes them, the scales inverted."""

    bounds: Bounds
    square_scale: Floats
    weights: Floats


@compiled()
def standardise(race: Floats, bounds: Bounds, found: Floats) -> None:
    """Features of a race (runners, features) as the first of `Terms`, into `found`.

    The innermost loops go along a row, several features at a time; each sum is over the runners in order.
    """
    runners, width = race.shape
    mean, known = np.zeros(width), np.zeros(width)
    for row in range(runners):
        for at in range(width):
            given = race[row, at]
            there = 0.0 if np.isnan(given) else 1.0
            found[row, at] = min(max(given, bounds.low[at]), bounds.high[at]) if there else np.nan
            mean[at] += found[row, at] if there else 0.0
            known[at] += there
    mean /= np.maximum(known, 1.0)
    for row in range(runners):
        for at in range(width):
            apart = (found[row, at] - mean[at]) * bounds.scale[at]
            found[row, at] = 0.0 if np.isnan(apart) else apart


@compiled()
def _add_race(race: Floats, held: _Held, parts: Floats) -> None:
    """`Terms.of` times weights, runner by runner: what a score in the stream waits for."""
    runners, width = race.shape
    square = np.zeros(width)
    standardise(race, held.bounds, parts)
    for row in range(runners):
        for at in range(width):
            square[at] += parts[row, at] * parts[row, at]
    square /= max(runners, 1)
    for row in range(runners):
        for at in range(width):
            term = parts[row, at]
            bent = (term * term - square[at]) * held.square_scale[at]
            parts[row, at] = term * held.weights[at] + bent * held.weights[width + at]


@compiled()
def _add_terms(features: Floats, edges: Counts, held: _Held, parts: Floats) -> None:
    for race in range(len(edges) - 1):
        here = slice(edges[race], edges[race + 1])
        _add_race(features[here], held, parts[here])


@compiled()
def _add_scores(features: Floats, edges: Counts, held: _Held, scores: Floats) -> None:
    for race in range(len(edges) - 1):
        here = slice(edges[race], edges[race + 1])
        parts = np.empty(features[here].shape)
        _add_race(features[here], held, parts)
        for row in range(len(parts)):
            scores[edges[race] + row] = parts[row].sum()


def inverse(scale: Floats) -> Floats:
    """1 / scale, 0 of a feature that never varies."""
    return np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 1e-9)


def chunks(starts: Starts) -> list[slice]:
    """Slices of races with about CHUNK rows each."""
    edges = [0, *(np.flatnonzero(np.diff(starts // CHUNK)) + 1).tolist(), len(starts)]
    return [slice(first, last) for first, last in pairwise(edges) if last > first]


def rows_of(starts: Starts, rows: int, part: slice) -> tuple[slice, Starts]:
    """Rows of a slice of races, and the first row of each of them within it."""
    first = int(starts[part.start])
    last = int(starts[part.stop]) if part.stop < len(starts) else rows
    return slice(first, last), starts[part] - first


def prepare(features: Floats, starts: Starts) -> Terms:
    """Learn clip bounds and scales of features (rows, features) from the races of a training window."""
    # What was never seen has no range to be outside of; its scale of 0 makes nothing of it.
    low, high = np.full(features.shape[1], -np.inf), np.full(features.shape[1], np.inf)
    for at, column in enumerate(features.T):
        known = column[~np.isnan(column)]
        if len(known):
            low[at], high[at] = np.percentile(known, [OUTER, 100.0 - OUTER])
    plain = np.ones(features.shape[1])
    scale = _spread_of(Terms(low, high, plain, plain), features, starts, slice(0, len(plain)))
    squares = _spread_of(Terms(low, high, scale, plain), features, starts, slice(len(plain), None))
    return Terms(low, high, scale, squares)


def fit(
    terms: Floats,
    starts: Starts,
    labels: Floats,
    left: Floats,
    *,
    l2: float,
    offset: Floats | None = None,
    powers: Sequence[float] = (1.0,) * len(STAGES),
) -> Floats:
    """Weights (terms,) that minimise the exploded loss a race plus l2 times their squares.

    `terms` (rows, terms), `labels` and `left` (stages, rows) from `softmax.targets`; `offset` (rows,) is
    added to the score and neither fitted nor penalised. The loss is convex where
    all powers are positive, so L-BFGS (Liu and Nocedal 1989, Mathematical Programming 45) finds its one
    minimum. Source: McFadden (1974), "Conditional logit analysis of qualitative choice behavior"; Bolton
    and Chapman (1986), "Searching for positive returns at the track", Management Science 32; the offset:
    Benter (1994).
    """
    from scipy.linalg import solve_triangular  # type: ignore[import-untyped]
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    races = len(starts)
    base = np.zeros(len(terms)) if offset is None else offset
    # Steps are taken in coordinates in which the curvature at equal chances is a unit: a tenth of the steps.
    root = np.linalg.cholesky(_curvature(terms, starts, labels) + 2.0 * (l2 + 1e-9) * np.eye(terms.shape[1]))

    def objective(turned: Floats) -> tuple[float, Floats]:
        weights = solve_triangular(root, turned, lower=True, trans="T")
        gradient, _, loss = slopes(base + terms @ weights, labels, left, starts, powers)
        slope = (gradient @ terms) / races + 2.0 * l2 * weights
        return loss / races + l2 * float(weights @ weights), solve_triangular(root, slope, lower=True)

    first = np.zeros(terms.shape[1])
    settings = {"maxiter": MOST_STEPS, "maxcor": 20, "ftol": 1e-11, "gtol": 1e-6}
    found = minimize(objective, first, jac=True, method="L-BFGS-B", options=settings)
    weights: Floats = solve_triangular(root, found.x, lower=True, trans="T")
    return weights


def _curvature(terms: Floats, starts: Starts, labels: Floats) -> Floats:
    """Hessian of the loss a race at equal chances, of terms centred in their race, stages alike."""
    share = spread(sums(labels.sum(axis=0), starts) / sizes(starts, len(terms)), starts, len(terms))
    scaled = terms * np.sqrt(share / len(starts))[:, None]
    curvature: Floats = scaled.T @ scaled
    return curvature


def _centred(values: Floats, starts: Starts) -> Floats:
    known = ~np.isnan(values)
    count = np.maximum(np.add.reduceat(known.astype(np.float64), starts, axis=0), 1.0)
    total = np.add.reduceat(np.where(known, values, 0.0), starts, axis=0)
    centred: Floats = values - np.repeat(total / count, sizes(starts, len(values)), axis=0)
    return centred


def _scaled(values: Floats, scale: Floats) -> Floats:
    return np.where(np.isnan(values), 0.0, values * inverse(scale))


def _spread_of(terms: Terms, features: Floats, starts: Starts, columns: slice) -> Floats:
    total = np.zeros(terms.of(features[:1], starts[:1]).shape[1])
    for part in chunks(starts):
        held, begin = rows_of(starts, len(features), part)
        total += np.square(terms.of(features[held], begin)).sum(axis=0)
    root: Floats = np.sqrt(total / len(features))[columns]
    return root
