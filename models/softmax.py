"""Softmax within races that stand one after the other, and the exploded loss of their finishes."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.layout import Floats

Starts: TypeAlias = NDArray[np.intp]  # first row of each race

STAGES = (1.0, 0.5, 0.25)


def sums(values: Floats, starts: Starts) -> Floats:
    """Sum over each race, (races,)."""
    total: Floats = np.add.reduceat(values, starts)
    return total


def sizes(starts: Starts, rows: int) -> NDArray[np.intp]:
    """Runners of each race."""
    return np.diff(starts, append=rows)


def spread(by_race: Floats, starts: Starts, rows: int) -> Floats:
    """One value a race to each of its runners."""
    return np.repeat(by_race, sizes(starts, rows))


def softmax(scores: Floats, starts: Starts) -> Floats:
    """Probabilities exp(score) / sum over the race, (rows,); the same bits alone."""
    if len(starts) == 1:
        alone: Floats = np.exp(scores - scores.max())
        return alone / np.add.reduceat(alone, starts)
    rows = len(scores)
    power: Floats = np.exp(scores - spread(np.maximum.reduceat(scores, starts), starts, rows))
    return power / spread(sums(power, starts), starts, rows)


def targets(
    position: Floats, starts: Starts, stage_weights: Sequence[float] = STAGES
) -> tuple[Floats, Floats]:
    """Labels and who is still to be placed at each stage: two arrays (stages, rows).

    At stage m the runner placed m has the stage's weight, a dead heat shares it; those placed before are out.
    A race without a runner placed m, or with fewer than two left, has labels of 0 there.
    """
    rows = len(position)
    labels, left = np.zeros((len(stage_weights), rows)), np.ones((len(stage_weights), rows))
    for stage, weight in enumerate(stage_weights):
        here = position == stage + 1.0
        left[stage] = ~(position <= stage)
        count = spread(sums(here.astype(np.float64), starts), starts, rows)
        open_race = spread(sums(left[stage], starts), starts, rows) >= 2.0
        labels[stage] = np.where(here & open_race, weight / np.maximum(count, 1.0), 0.0)
    return labels, left


def blend(labels: Floats, public: Floats, starts: Starts, share: float) -> Floats:
    """Labels whose first stage is (1 - share) outcome and share public probability; NaN is no public.

    The public's probability says what a race's one outcome says noisily; used in training only.
    """
    mixed = labels.copy()
    known = spread(sums(np.isnan(public).astype(np.float64), starts), starts, len(public)) == 0.0
    total = spread(sums(labels[0], starts), starts, len(public))
    mixed[0] = np.where(known, (1.0 - share) * labels[0] + share * total * np.nan_to_num(public), labels[0])
    return mixed


def slopes(
    scores: Floats, labels: Floats, left: Floats, starts: Starts, powers: Sequence[float]
) -> tuple[Floats, Floats, float]:
    """Gradient and diagonal Hessian by score, (rows,) each, and the loss, of exploded cross-entropy.

    At stage m the chances are softmax(powers[m] * score) over those left. Source: Beggs, Cardell and Hausman
    (1981), "Assessing the potential demand for electric cars", J. Econometrics 17; powers as Lo and Bacon-
    Shone.
    """
    rows = len(scores)
    gradient, hessian, loss = np.zeros(rows), np.zeros(rows), 0.0
    for label, open_to, power in zip(labels, left, powers, strict=True):
        total = spread(sums(label, starts), starts, rows)
        # Where nobody is placed, as third of two, it is no matter who is left: somebody has to be.
        reach = np.where((open_to > 0.0) | (total == 0.0), power * scores, -np.inf)
        chance = softmax(reach, starts)
        gradient += power * (total * chance - label)
        hessian += power * power * total * chance * (1.0 - chance)
        loss -= float(np.sum(label * np.log(np.maximum(chance, 1e-15))))
    return gradient, hessian, loss
