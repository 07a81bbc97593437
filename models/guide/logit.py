"""Conditional logit on many races, by Newton's method; plain NumPy, the same bits for the same input."""

import numpy as np
from numpy.typing import NDArray

from models.layout import Floats

STEPS = 12


def chances(log_odds: Floats, starts: NDArray[np.int64]) -> Floats:
    """Softmax within each race of flat (runners,) log-odds; `starts` is each race's first runner."""
    sizes = np.diff(starts, append=len(log_odds))
    top = np.repeat(np.maximum.reduceat(log_odds, starts), sizes)
    odds = np.exp(log_odds - top)
    found: Floats = odds / np.repeat(np.add.reduceat(odds, starts), sizes)
    return found


def fit(
    features: Floats,
    won: NDArray[np.bool_],
    starts: NDArray[np.int64],
    *,
    ridge: float,
    offset: Floats | None = None,
) -> Floats:
    """Weights (features,) that make the winners likeliest, drawn to 0 by `ridge` a race.

    McFadden (1974), "Conditional logit analysis of qualitative choice behavior". `offset` (runners,) is
    added to the log-odds unweighted. A dead heat counts each winner.
    """
    sizes = np.diff(starts, append=len(features))
    race = np.repeat(np.arange(len(starts)), sizes)
    base = np.zeros(len(features)) if offset is None else offset
    penalty = ridge * len(starts)
    weights = np.zeros(features.shape[1])
    for _ in range(STEPS):
        given = chances(base + features @ weights, starts)
        mean = np.add.reduceat(given[:, None] * features, starts)
        apart = features - mean[race]
        wins = np.bincount(race[won], minlength=len(starts)).astype(np.float64)
        curvature = (given * wins[race])[:, None] * apart
        slope = apart[won].sum(axis=0) - penalty * weights
        weights = weights + np.linalg.solve(curvature.T @ apart + penalty * np.eye(len(weights)), slope)
    return weights
