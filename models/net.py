"""Conditional logit with a hidden layer beside its linear score: it scores a field, and says why."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from models.compiled import compiled
from models.lanes import LANES, add_four, aligned
from models.layout import Counts, Flags, Floats
from models.logit import Bounds, Terms, by_race, inverse, standardise
from models.softmax import Starts

MOST = 4.0  # standard deviations from the field's mean, beyond which an input counts no further
ROWS = 16  # worked together, so that weights are fetched once for them all


class Context(NamedTuple):
    """How what all runners of a race share becomes an input, arrays (features,).

    Its distance from `middle`, the runners' mean, times `scale`, one over their standard deviation; `scale`
    is 0 of a feature that differs within a race, which is centred there instead.
    """

    middle: Floats
    scale: Floats

    @classmethod
    def of(cls, terms: Terms, features: Floats) -> "Context":
        """That of the features (rows, features) of a training window, whose `terms` these are."""
        clipped = np.clip(features, terms.low, terms.high)
        known = ~np.isnan(clipped)
        count = np.maximum(known.sum(axis=0), 1)
        middle = np.where(known, clipped, 0.0).sum(axis=0) / count
        apart = np.where(known, clipped - middle, 0.0)
        shared = inverse(terms.scale) == 0.0
        return cls(middle, np.where(shared, inverse(np.sqrt((apart * apart).sum(axis=0) / count)), 0.0))


class Weights(NamedTuple):
    """What is fitted: `hidden` (features, units), `bias` (units,), `out` (units,), `linear` (features,)."""

    hidden: Floats
    bias: Floats
    out: Floats
    linear: Floats


@dataclass(frozen=True)
class Net:
    """score = linear @ x + out @ relu(x @ hidden + bias) of a runner's inputs x (features,).

    An input is a feature as the first of `logit.Terms`, centred in the race and scaled, or of the `context`,
    which bends what the others say; at most MOST from 0, and 0 where it is missing. The squares of `terms`
    have no part: the units bend in their place. Source: a conditional logit whose utility is a network is
    Bentz and Merunka's (2000), "Neural networks and the multinomial logit for brand choice modelling",
    J. Forecasting 19.
    """

    terms: Terms
    context: Context
    weights: Weights

    def score(self, features: Floats, starts: Starts) -> Floats:
        """Score of each runner, (rows,), the same bits alone and among others."""
        scores = np.empty(len(features))
        _score(self._inputs(features, starts), self._held, scores)
        return scores

    def contributions(self, features: Floats, starts: Starts) -> Floats:
        """What each feature adds to the score above that of a runner at the field's means, (rows, features).

        Each is its gradient's mean on the straight way from the means, times its distance from there; with
        one hidden layer the integral has a closed form. What the runners share moves none of them: it adds 0.
        Source: Aumann and Shapley (1974), "Values of Non-Atomic Games"; Sundararajan, Taly and Yan (2017),
        "Axiomatic attribution for deep networks".
        """
        inputs = self._inputs(features, starts)
        parts = np.empty_like(inputs)
        _explain(inputs, self.context.scale != 0.0, self._held, parts)
        return parts

    def _inputs(self, features: Floats, starts: Starts) -> Floats:
        return inputs_of(self._bounds, self.context, features, starts)

    @cached_property
    def _bounds(self) -> Bounds:
        return Bounds.of(self.terms)

    @cached_property
    def _held(self) -> Weights:
        """The weights, with units that add nothing up to whole LANES."""
        hidden, bias, out, linear = self.weights
        more = -len(bias) % LANES
        wide = aligned(8 * len(hidden) * (len(bias) + more)).view(np.float64).reshape(len(hidden), -1)
        wide[:] = np.pad(hidden, ((0, 0), (0, more)))
        return Weights(wide, np.pad(bias, (0, more)), np.pad(out, (0, more)), linear)


def inputs_of(bounds: Bounds, context: Context, features: Floats, starts: Starts) -> Floats:
    """Inputs of a net, (rows, features), of the runners' features (rows, features)."""
    found = np.empty(features.shape)
    _inputs(*by_race(features, starts), bounds, context, found)
    return found


@compiled()
def _inputs(features: Floats, edges: Counts, bounds: Bounds, context: Context, found: Floats) -> None:
    for race in range(len(edges) - 1):
        here = slice(edges[race], edges[race + 1])
        standardise(features[here], bounds, found[here])
    for row in range(len(found)):
        for at in range(found.shape[1]):
            given = min(max(features[row, at], bounds.low[at]), bounds.high[at])
            shared = (given - context.middle[at]) * context.scale[at]
            shared = 0.0 if np.isnan(shared) else shared
            found[row, at] = min(max(found[row, at] + shared, -MOST), MOST)


@compiled()
def _score(inputs: Floats, held: Weights, scores: Floats) -> None:
    """The units side by side, for ROWS runners at a time; each sum has one order."""
    count = len(held.bias)
    units = aligned(8 * ROWS * count).view(np.float64).reshape((ROWS, count))
    for first in range(0, len(inputs), ROWS):
        rows = inputs[first : first + ROWS]
        for row in range(len(rows)):
            units[row] = held.bias
        _add_features(rows, held.hidden, units)
        for row in range(len(rows)):
            score, on = 0.0, units[row]
            for at in range(rows.shape[1]):
                score += rows[row, at] * held.linear[at]
            for unit in range(len(on)):
                on[unit] = held.out[unit] * (on[unit] if on[unit] > 0.0 else 0.0)
            for unit in range(len(on)):
                score += on[unit]
            scores[first + row] = score


@compiled()
def _add_features(rows: Floats, hidden: Floats, units: Floats) -> None:
    """Four features at a time: that fetches and stores the units a fourth as often."""
    width, count = hidden.shape
    whole = width // 4 * 4
    for at in range(0, whole, 4):
        for row in range(len(rows)):
            given, into = rows[row], units[row]
            if given[at] == 0.0 and given[at + 1] == 0.0 and given[at + 2] == 0.0 and given[at + 3] == 0.0:
                continue
            for lane in range(0, count, LANES):
                add_four(into, hidden, given, np.uint64(at), np.uint64(lane))
    for at in range(whole, width):
        for row in range(len(rows)):
            for unit in range(count):
                units[row, unit] += rows[row, at] * hidden[at, unit]


@compiled()
def _explain(inputs: Floats, shared: Flags, held: Weights, parts: Floats) -> None:
    """A unit that a feature moves by its share counts for as much of the way as it is on."""
    moved, slope = np.empty((2, len(held.bias))), np.empty(len(held.bias))
    for row in range(len(inputs)):
        moved[0], moved[1] = held.bias, 0.0
        for at in range(inputs.shape[1]):
            into = moved[0 if shared[at] else 1]
            for unit in range(len(into)):
                into[unit] += inputs[row, at] * held.hidden[at, unit]
        for unit in range(len(slope)):
            base, apart = moved[0, unit], moved[1, unit]
            if apart == 0.0:
                on = 1.0 if base > 0.0 else 0.0
            else:
                on = (max(base + apart, 0.0) - max(base, 0.0)) / apart
            slope[unit] = held.out[unit] * on
        for at in range(inputs.shape[1]):
            if shared[at]:
                parts[row, at] = 0.0
                continue
            gradient = held.linear[at]
            for unit in range(len(slope)):
                gradient += held.hidden[at, unit] * slope[unit]
            parts[row, at] = inputs[row, at] * gradient
