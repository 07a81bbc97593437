"""Conditional logit with a hidden layer beside its linear score: it scores a field, and says why."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from models.compiled import compiled
from models.layout import Counts, Floats
from models.logit import Bounds, Terms, standardise
from models.softmax import Starts

MOST = 4.0  # standard deviations from the field's mean, beyond which an input counts no further


class Weights(NamedTuple):
    """What is fitted: `hidden` (features, units), `bias` (units,), `out` (units,), `linear` (features,)."""

    hidden: Floats
    bias: Floats
    out: Floats
    linear: Floats


@dataclass(frozen=True)
class Net:
    """score = linear @ x + out @ relu(x @ hidden + bias) of a runner's inputs x (features,).

    An input is a feature as the first of `logit.Terms`, centred in the race and scaled, at most MOST from 0;
    a missing one is 0. The squares of `terms` have no part: the units bend in their place. Source: a
    conditional logit whose utility is a network is Bentz and Merunka's (2000), "Neural networks and the
    multinomial logit for brand choice modelling", J. Forecasting 19.
    """

    terms: Terms
    weights: Weights

    def score(self, features: Floats, starts: Starts) -> Floats:
        """Score of each runner, (rows,), the same bits alone and among others."""
        scores = np.empty(len(features))
        _score(inputs_of(self._bounds, features, starts), self._held, scores)
        return scores

    def contributions(self, features: Floats, starts: Starts) -> Floats:
        """What each feature adds to the score above that of a runner at the field's means, (rows, features).

        Each is its gradient's mean on the straight way from the means, times its distance from there; with
        one hidden layer the integral has a closed form. Source: Aumann and Shapley (1974), "Values of
        Non-Atomic Games"; Sundararajan, Taly and Yan (2017), "Axiomatic attribution for deep networks".
        """
        inputs = inputs_of(self._bounds, features, starts)
        parts = np.empty_like(inputs)
        _explain(inputs, self._held, parts)
        return parts

    @cached_property
    def _bounds(self) -> Bounds:
        return Bounds.of(self.terms)

    @cached_property
    def _held(self) -> Weights:
        return Weights(*(np.ascontiguousarray(each, dtype=np.float64) for each in self.weights))


def inputs_of(bounds: Bounds, features: Floats, starts: Starts) -> Floats:
    """Inputs of a net, (rows, features), of the runners' features (rows, features)."""
    given = np.ascontiguousarray(features, dtype=np.float64)
    first = np.append(starts, len(features)).astype(np.int64)
    found = np.empty_like(given)
    _inputs(given, first, bounds, found)
    return found


@compiled()
def _inputs(features: Floats, first: Counts, bounds: Bounds, found: Floats) -> None:
    for race in range(len(first) - 1):
        standardise(features, first[race], first[race + 1], bounds, found)
    for row in range(len(found)):
        for at in range(found.shape[1]):
            found[row, at] = min(max(found[row, at], -MOST), MOST)


@compiled()
def _score(inputs: Floats, held: Weights, scores: Floats) -> None:
    """Feature by feature, the units side by side: each sum has one order."""
    units = np.empty(len(held.bias))
    for row in range(len(inputs)):
        units[:] = held.bias
        score = 0.0
        for at in range(inputs.shape[1]):
            given = inputs[row, at]
            if given != 0.0:
                score += given * held.linear[at]
                for unit in range(len(units)):
                    units[unit] += given * held.hidden[at, unit]
        for unit in range(len(units)):
            score += held.out[unit] * max(units[unit], 0.0)
        scores[row] = score


@compiled()
def _explain(inputs: Floats, held: Weights, parts: Floats) -> None:
    """A unit that a feature moves by its share counts for as much of the way as it is on."""
    apart, slope = np.empty(len(held.bias)), np.empty(len(held.bias))
    for row in range(len(inputs)):
        apart[:] = 0.0
        for at in range(inputs.shape[1]):
            for unit in range(len(apart)):
                apart[unit] += inputs[row, at] * held.hidden[at, unit]
        for unit in range(len(apart)):
            bias = held.bias[unit]
            if apart[unit] == 0.0:
                on = 1.0 if bias > 0.0 else 0.0
            else:
                on = (max(apart[unit] + bias, 0.0) - max(bias, 0.0)) / apart[unit]
            slope[unit] = held.out[unit] * on
        for at in range(inputs.shape[1]):
            gradient = held.linear[at]
            for unit in range(len(slope)):
                gradient += held.hidden[at, unit] * slope[unit]
            parts[row, at] = inputs[row, at] * gradient
