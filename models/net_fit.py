"""Fits a net by stochastic gradient descent on the exploded loss of races; a seed gives the same bits."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.layout import Floats
from models.net import Weights
from models.softmax import Starts, sizes, slopes

UNITS = 256
EPOCHS = 40
RACES = 256  # of a step
RATE = 2e-3  # at first; it falls to 0 along half a cosine
DECAY = 1e-3  # of each weight a step, times the rate
DROPPED = 0.5  # of the units of each runner at a step
_SMALLEST = 1e-8

Singles: TypeAlias = NDArray[np.float32]


def fit(
    inputs: Floats,
    starts: Starts,
    labels: Floats,
    left: Floats,
    *,
    seed: int,
    units: int = UNITS,
    epochs: int = EPOCHS,
) -> Weights:
    """Weights that lower the exploded cross-entropy of `softmax.slopes`.

    `inputs` (rows, features) of `net.inputs_of`, labels and left (stages, rows) of `softmax.targets`. Each
    epoch meets the races in another order, RACES a step; what does not fill a step waits for another. Source:
    Kingma and Ba (2015), "Adam"; the decay and the fall of the rate: Loshchilov and Hutter (2019), "Decoupled
    weight decay regularization"; what is dropped: Srivastava and others (2014), "Dropout", JMLR 15.
    """
    random = np.random.default_rng(seed)
    given, width = np.ascontiguousarray(inputs, dtype=np.float32), inputs.shape[1]
    weights: list[Singles] = [
        _normal(random, (width, units), np.sqrt(1.0 / max(width, 1))),
        np.zeros(units, np.float32),
        _normal(random, (units,), 0.1 / np.sqrt(units)),
        np.zeros(width, np.float32),
    ]
    races, count = len(starts), sizes(starts, len(inputs))
    step_races = min(RACES, races)
    steps = races // step_races if races else 0
    descent = _Adam(weights, epochs * steps)
    for _ in range(epochs):
        order = random.permutation(races)
        for step in range(steps):
            chosen = np.sort(order[step * step_races : (step + 1) * step_races])
            rows, begin = _rows(starts[chosen], count[chosen])
            parts = labels[:, rows], left[:, rows], begin
            descent.step(_gradient(random, weights, given[rows], parts))
    return Weights(*(each.astype(np.float64) for each in weights))


def _gradient(
    random: np.random.Generator,
    weights: Sequence[Singles],
    given: Singles,
    races: tuple[Floats, Floats, Starts],
) -> list[Singles]:
    """Gradient of the mean loss of some races by each of the weights, with some units dropped."""
    hidden, bias, out, linear = weights
    labels, left, starts = races
    units = given @ hidden + bias
    kept = _kept(random, units.shape)
    on = np.maximum(units, 0.0) * kept
    scores = (on @ out + given @ linear).astype(np.float64)
    by_score = (slopes(scores, labels, left, starts, (1.0,) * len(labels))[0] / len(starts)).astype(
        np.float32
    )
    by_units = np.outer(by_score, out) * kept * (units > 0.0)
    return [given.T @ by_units, by_units.sum(axis=0), on.T @ by_score, given.T @ by_score]


class _Adam:
    """Steps of all weights, changed in place."""

    def __init__(self, weights: Sequence[Singles], steps: int) -> None:
        self._weights = weights
        self._mean = [np.zeros_like(each) for each in weights]
        self._square = [np.zeros_like(each) for each in weights]
        self._steps, self._done = steps, 0

    def step(self, gradient: Sequence[Singles]) -> None:
        self._done += 1
        rate = np.float32(RATE * 0.5 * (1.0 + np.cos(np.pi * self._done / self._steps)))
        mean_share = np.float32(1.0 - 0.9**self._done)
        square_share = np.float32(1.0 - 0.999**self._done)
        for weight, slope, mean, square in zip(
            self._weights, gradient, self._mean, self._square, strict=True
        ):
            mean[...] += np.float32(0.1) * (slope - mean)
            square[...] += np.float32(0.001) * (slope * slope - square)
            root = np.sqrt(square / square_share) + np.float32(_SMALLEST)
            weight[...] -= rate * (mean / mean_share / root + np.float32(DECAY) * weight)


def _normal(random: np.random.Generator, shape: tuple[int, ...], spread: float) -> Singles:
    found: Singles = (random.standard_normal(shape) * spread).astype(np.float32)
    return found


def _kept(random: np.random.Generator, shape: tuple[int, ...]) -> Singles:
    """0 of what is dropped, of the rest what makes up for it."""
    kept: Singles = (random.random(shape, dtype=np.float32) >= DROPPED) * np.float32(1.0 / (1.0 - DROPPED))
    return kept


def _rows(first: NDArray[np.intp], count: NDArray[np.intp]) -> tuple[NDArray[np.intp], Starts]:
    """The rows of some races, and where each of them begins among these."""
    begin = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.intp)
    return np.arange(int(count.sum())) + np.repeat(first - begin, count), begin
