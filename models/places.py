"""Finishing probabilities from win probabilities: Harville's model and its discounted form."""

from math import exp, log

import numpy as np

from models.compiled import compiled
from models.layout import Floats

Exponents = tuple[float, ...]

MOST_PLACES = 4
# Exponents of the places, then their bends: the weight for a place is exp((exponent + bend log p) log p).
HARVILLE = (1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
# Second and third place fitted on Hong Kong races before 2022; fourth extrapolated from them, not fitted.
DISCOUNTED = (1.0, 0.83, 0.70, 0.60, 0.0, 0.0, 0.0, 0.0)
SMALLEST_WEIGHT = 1e-12  # runners that cannot win share the places that nobody else can take


@compiled()
def _fill_place(left: Floats, held: Floats, first: int, ratios: Floats, within: Floats) -> None:
    """Add to `within` the chance of the next place after each set whose last member is `first` or later.

    `left` (runners,) are weights for the place, 0 for the set's other members; `held` the probability of the
    set with each last member; `ratios` becomes that over the weight outside the set. What is left without a
    runner is summed from both sides and never taken from the whole, which would cancel to noise where
    the favourites are almost certain to fill the places.
    """
    runners = len(left)
    after = np.empty(runners + 1)
    after[runners] = 0.0
    for at in range(runners - 1, -1, -1):
        after[at] = after[at + 1] + left[at]
    before = 0.0
    for at in range(runners):
        ratios[at] = held[at] / (before + after[at + 1]) if at >= first else 0.0
        before += left[at]
    for at in range(runners - 1, -1, -1):
        after[at] = after[at + 1] + ratios[at]
    before = 0.0
    for at in range(runners):
        within[at] += left[at] * (before + after[at + 1])
        before += ratios[at]


@compiled()
def _weights(win: Floats, places: int, exponents: Exponents) -> Floats:
    """Weights (places - 1, runners) of the runners for the places after the first."""
    weights = np.empty((places - 1, len(win)))
    for at in range(len(win)):
        logarithm = log(max(win[at], SMALLEST_WEIGHT))
        for place in range(places - 1):
            bent = exponents[place + 1] + exponents[MOST_PLACES + place + 1] * logarithm
            weights[place, at] = exp(bent * logarithm)
    return weights


@compiled()
def _fill_third(weights: Floats, ones: Floats, pairs: Floats, within: Floats) -> None:
    """Go through the pairs that may hold the first two places; `pairs` becomes their ratios, one by other."""
    runners = len(ones)
    held, left = np.empty(runners), weights[1].copy()
    for one in range(runners - 1):
        for other in range(one + 1, runners):
            held[other] = ones[one] * weights[0, other] + ones[other] * weights[0, one]
        left[one] = 0.0
        _fill_place(left, held, one + 1, pairs[one], within)
        left[one] = weights[1, one]


@compiled()
def _fill_fourth(weights: Floats, pairs: Floats, within: Floats) -> None:
    """Go through the sets that may hold the first three places."""
    runners = len(pairs)
    held, ratios, left = np.empty(runners), np.empty(runners), weights[2].copy()
    for one in range(runners - 2):
        for other in range(one + 1, runners - 1):
            for last in range(other + 1, runners):
                held[last] = pairs[one, other] * weights[1, last]
                held[last] += pairs[one, last] * weights[1, other] + pairs[other, last] * weights[1, one]
            left[one] = left[other] = 0.0
            _fill_place(left, held, other + 1, ratios, within)
            left[one], left[other] = weights[2, one], weights[2, other]


@compiled("void(float64[::1], int64, UniTuple(float64, 8), float64[::1])")
def finish_of(win: Floats, places: int, exponents: Exponents, within: Floats) -> None:
    """`finish_within` of one race into `within` (runners,); exponents and bends of MOST_PLACES.

    It goes through the sets of runners that may hold the first places, each once with its members in their
    order: the last of them is taken by `_fill_place` for all that can come after the others.
    """
    runners = len(win)
    if places >= runners:
        within[:] = 1.0
        return
    within[:] = win
    if places == 1:
        return
    weights = _weights(win, places, exponents)
    ones, pairs = np.empty(runners), np.empty((runners, runners))
    _fill_place(weights[0], win, 0, ones, within)
    if places > 2:
        _fill_third(weights, ones, pairs, within)
    if places > 3:
        _fill_fourth(weights, pairs, within)
    for at in range(runners):
        within[at] = min(within[at], 1.0)


def finish_within(win: Floats, places: int, exponents: Exponents = DISCOUNTED) -> Floats:
    """Probability of finishing in the first `places`, (batch, runners) from win (batch, runners).

    The place m + 1 goes to runner j, given the set S of those before, with probability
    p_j**e / sum(p_k**e for k not in S), e = exponents[m] + exponents[MOST_PLACES + m] log p; exponents[0]
    must be 1 and without a bend. A bend below 0 says that who fails to win as a strong favourite fails
    further than discounting says, and so do outsiders. Rows of `win` sum to 1 and rows of the answer to
    min(places, runners). Raises ValueError for places outside 1..MOST_PLACES.
    Source: Harville (1973), "Assigning probabilities to the outcomes of multi-entry competitions", JASA 68,
    for exponents of 1; discounted after Lo and Bacon-Shone (1994), "A comparison between two models for
    predicting ordering probabilities in multiple-entry competitions", The Statistician 43, and (2008) in the
    Handbook of Sports and Lottery Markets.
    """
    if not 1 <= places <= MOST_PLACES:
        raise ValueError(f"places must be from 1 to {MOST_PLACES}, not {places}")
    rows = np.array(win, dtype=np.float64, order="C")
    within = np.empty_like(rows)
    _finish_rows(rows, places, exponents, within)
    return within


@compiled()
def _finish_rows(win: Floats, places: int, exponents: Exponents, within: Floats) -> None:
    for race in range(len(win)):
        finish_of(win[race], places, exponents, within[race])
