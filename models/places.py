"""Finishing probabilities from win probabilities: Harville's model and its discounted form."""

from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

from models.layout import CHUNK_NUMBERS, MIN_LANES, Floats, as_columns, as_rows, sum_runners

HARVILLE = (1.0, 1.0, 1.0, 1.0)
# Second and third place fitted on Hong Kong races before 2022; fourth extrapolated from them, not fitted.
DISCOUNTED = (1.0, 0.83, 0.70, 0.60)
SMALLEST_WEIGHT = 1e-12  # runners that cannot win share the places that nobody else can take


@dataclass(frozen=True, slots=True)
class Sets:
    """Index tables of the unordered sets of `size` of `runners`, who stand in falling win probability.

    A set's lead is how many of the first runners it holds without a gap; sets are numbered by rising lead.
    `members` (size, sets) are the runners of each; `removed` (size, sets) the number of the set left when
    that member is taken out; `leads` (sets,) the lead and `others` (size, sets) the members after it, or
    `runners` for one within it; `groups` the slices of equal lead; `holding` (runners, sets) those that hold
    a runner beyond their lead, or the number of sets in place of one that holds it within; `last_lead`
    (runners,) the longest lead of a set without that runner.
    """

    members: NDArray[np.intp]
    removed: NDArray[np.intp]
    leads: NDArray[np.intp]
    others: NDArray[np.intp]
    groups: tuple[slice, ...]
    holding: NDArray[np.intp]
    last_lead: NDArray[np.intp]


@cache
def sets_of(runners: int, size: int) -> Sets:
    """Build the tables for `size` of `runners`, 0 < size < runners."""
    ordered = sorted(combinations(range(runners), size), key=_lead)
    smaller = sorted(combinations(range(runners), size - 1), key=_lead)
    numbers = {held: number for number, held in enumerate(smaller)}
    members = np.array(ordered, dtype=np.intp).T.copy()
    removed = [[numbers[held[:at] + held[at + 1 :]] for held in ordered] for at in range(size)]
    within = members == np.arange(size)[:, None]
    leads = within.sum(axis=0)
    ends = np.cumsum(np.bincount(leads)).tolist()
    everyone = np.arange(runners)
    holding = np.nonzero((members[:, :, None] == everyone).any(axis=0).T)[1].reshape(runners, -1)
    return Sets(
        members=members,
        removed=np.array(removed, dtype=np.intp),
        leads=leads,
        others=np.where(within, runners, members),
        groups=tuple(slice(start, end) for start, end in pairwise([0, *ends])),
        holding=np.where(leads[holding] > everyone[:, None], len(ordered), holding),
        last_lead=np.minimum(everyone, size),
    )


def _lead(held: tuple[int, ...]) -> int:
    return sum(runner == at for at, runner in enumerate(held))


def finish_within(win: Floats, places: int, exponents: tuple[float, ...] = DISCOUNTED) -> Floats:
    """Probability of finishing in the first `places`, (batch, runners) from win (batch, runners).

    The place m + 1 goes to runner j, given the set S of those before, with probability
    p_j**e / sum(p_k**e for k not in S), e = exponents[m]; exponents[0] must be 1. Rows of `win` sum to 1 and
    rows of the answer to min(places, runners). Raises ValueError for places outside 1..len(exponents).
    Source: Harville (1973), "Assigning probabilities to the outcomes of multi-entry competitions", JASA 68,
    for exponents of 1; discounted after Lo and Bacon-Shone (1994), "A comparison between two models for
    predicting ordering probabilities in multiple-entry competitions", The Statistician 43, and (2008) in the
    Handbook of Sports and Lottery Markets.
    """
    batch, runners = win.shape
    if not 1 <= places <= len(exponents):
        raise ValueError(f"places must be from 1 to {len(exponents)}, not {places}")
    if places >= runners:
        return np.ones_like(win)
    if places == 1:
        return win.copy()
    chunk = max(MIN_LANES, CHUNK_NUMBERS // (runners * comb(runners - 1, places - 2)))
    within = np.empty_like(win)
    for start in range(0, batch, chunk):
        part = slice(start, start + chunk)
        within[part] = _finish_within(win[part], exponents[1:places])
    return within


def _finish_within(win: Floats, exponents: tuple[float, ...]) -> Floats:
    """`finish_within` of rows, with the exponents of the places after the first."""
    batch, runners = win.shape
    falling = np.argsort(win, axis=1)[:, ::-1] + np.arange(0, batch * runners, runners)[:, None]
    chances = as_columns(win.take(falling))
    logs = np.log(np.maximum(chances, SMALLEST_WEIGHT))
    within, held = chances.copy(), chances.take(sets_of(runners, 1).members[0], axis=0)
    for size, exponent in enumerate(exponents, start=1):
        weights = np.zeros((runners + 1, chances.shape[1]))
        np.exp(logs * exponent, out=weights[:runners])
        sets = sets_of(runners, size)
        ratios = np.zeros((len(sets.leads) + 1, chances.shape[1]))
        np.divide(held, _remainders(weights, sets), out=ratios[:-1])
        within += weights[:runners] * _sum_without(ratios, sets)
        if size < len(exponents):
            held = _extend(ratios, weights, sets_of(runners, size + 1))
    rows = np.empty(win.shape)
    rows.ravel()[falling] = as_rows(np.minimum(within, 1.0), batch)
    return rows


def _remainders(weights: Floats, sets: Sets) -> Floats:
    """Weight outside each set, (sets, lanes), from falling weights with a row of zeros after the last.

    Taking a set that holds the favourites from the whole would cancel to noise. Its leading members are left
    out of the sum instead, so that what remains holds a weight no smaller than any that is taken away.
    """
    tails = np.array([sum_runners(weights[first:]) for first in range(len(sets.groups))])
    remainders = tails.take(sets.leads, axis=0)
    for other in sets.others:
        remainders -= weights.take(other, axis=0)
    return remainders


def _sum_without(ratios: Floats, sets: Sets) -> Floats:
    """Sum over the sets without each runner, (runners, lanes); after the sets' ratios is a row of zeros.

    It is all of them less those that hold the runner, but only sets with a lead no longer than the runner's
    rank count at all: a longer one holds the runner, its value is huge where the favourites are almost
    certain to fill the places, and taking it away again would leave noise.
    """
    totals = np.add.accumulate([sum_runners(ratios[group]) for group in sets.groups], axis=0)
    held: Floats = np.add.reduce(ratios.take(sets.holding, axis=0), axis=1)
    return totals.take(sets.last_lead, axis=0) - held


def _extend(ratios: Floats, weights: Floats, sets: Sets) -> Floats:
    """Probability that the first places are held by each set of one more runner, in any order among them."""
    extended: Floats = np.zeros((len(sets.leads), weights.shape[1]))
    for removed, member in zip(sets.removed, sets.members, strict=True):
        extended += ratios.take(removed, axis=0) * weights.take(member, axis=0)
    return extended
