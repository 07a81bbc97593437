"""Weights of a few scores in a softmax within races, by maximum likelihood: Newton's method."""

from collections.abc import Sequence

import numpy as np

from models.layout import Floats
from models.softmax import softmax
from models.table import Table


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
