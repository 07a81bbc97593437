"""Exotic bets from win probabilities by discounted Harville: exacta to superfecta, doubles and pick n."""

from collections.abc import Sequence
from functools import reduce
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from models.layout import Floats
from models.places import DISCOUNTED, MOST_PLACES
from models.softmax import Starts, sizes, softmax, spread, sums

NEWTON_STEPS = 20
LEAST_CHANCE = 1e-12


def order_log_chance(
    win: Floats, position: Floats, starts: Starts, places: int, exponents: Sequence[float] = DISCOUNTED
) -> Floats:
    """Log probability of the first `places` as they came, (races,); NaN where that is not one order.

    The place m + 1 goes to j of those left with probability p_j**e / sum(p_k**e), e = exponents[m] and what
    bends it, as in `places.finish_within`. `win` and `position` are (rows,). A dead heat among those places,
    or fewer finishers, is no single order. Source: Harville (1973), JASA 68; exponents after Lo and
    Bacon-Shone (1994), The Statistician 43.
    """
    total = np.zeros(len(starts))
    logs = np.log(np.maximum(win, LEAST_CHANCE))
    for place in range(1, places + 1):
        scores = np.where(position < place, -np.inf, _reach(logs, exponents, place))
        here = position == place
        chance = softmax(scores, starts)
        told = sums(np.where(here, np.log(np.maximum(chance, LEAST_CHANCE)), 0.0), starts)
        total += np.where(sums(here.astype(np.float64), starts) == 1.0, told, np.nan)
    return total


def set_log_chance(
    win: Floats, position: Floats, starts: Starts, places: int, exponents: Sequence[float] = DISCOUNTED
) -> Floats:
    """Log probability that those who came in the first `places` do, in any order, (races,); NaN as above."""
    total = np.full(len(starts), -np.inf)
    single = np.ones(len(starts), dtype=np.bool_)
    for place in range(1, places + 1):
        single &= sums((position == place).astype(np.float64), starts) == 1.0
    for order in permutations(range(1, places + 1)):
        turned = position.copy()
        for place, taken in enumerate(order, start=1):
            turned[position == place] = taken
        told = order_log_chance(win, turned, starts, places, exponents)
        total = np.logaddexp(total, np.where(single, told, -np.inf))
    return np.where(single, total, np.nan)


def fit_exponents(win: Floats, position: Floats, starts: Starts) -> tuple[float, ...]:
    """Exponents and bends of the places by maximum likelihood, the first 1 and 0.

    Each place is a conditional logit of two coefficients, on log p and its square, among those left: convex,
    by Newton's method. A normal prior of variance 1 about DISCOUNTED holds where nothing was placed.
    """
    logs = np.log(np.maximum(win, LEAST_CHANCE))
    both = np.stack([logs, logs * logs], axis=1)
    found = np.array(DISCOUNTED).reshape(2, MOST_PLACES)
    for place in range(2, MOST_PLACES + 1):
        here = position == place
        open_race = spread(sums(here.astype(np.float64), starts), starts, len(win)) == 1.0
        taken, prior = here & open_race, found[:, place - 1].copy()
        for _ in range(NEWTON_STEPS):
            reach = np.where(position < place, -np.inf, both @ found[:, place - 1])
            chance = np.where(open_race, softmax(reach, starts), 0.0)[:, None]
            middle = np.add.reduceat(both * chance, starts, axis=0)
            apart = both - np.repeat(middle, sizes(starts, len(win)), axis=0)
            slope = apart[taken].sum(axis=0) - (found[:, place - 1] - prior)
            found[:, place - 1] += np.linalg.solve((apart * chance).T @ apart + np.eye(2), slope)
    return tuple(found.ravel().tolist())


def orders(win: Floats, places: int, exponents: Sequence[float] = DISCOUNTED) -> Floats:
    """Probability of each order of the first `places`, an axis a place, of one race's win (runners,).

    A runner has one place only: where two indexes are the same it is 0.
    """
    logs, held = np.log(np.maximum(win, LEAST_CHANCE)), win
    for place in range(2, places + 1):
        held = _next(held, _reach(logs, exponents, place))
    return held


def sets(win: Floats, places: int, exponents: Sequence[float] = DISCOUNTED) -> Floats:
    """Probability that runners fill the first `places` in any order, an axis each: the same for any order."""
    logs, held = np.log(np.maximum(win, LEAST_CHANCE)), win
    for place in range(2, places + 1):
        last = _next(held, _reach(logs, exponents, place))
        # Any one of them may have been the last.
        held = np.add.reduce([np.moveaxis(last, -1, axis) for axis in range(place)])
    return held


def exacta(win: Floats, exponents: Sequence[float] = DISCOUNTED) -> Floats:
    """Probability that i wins and j is second, (runners, runners), of one race's win (runners,)."""
    return orders(win, 2, exponents)


def trifecta(win: Floats, exponents: Sequence[float] = DISCOUNTED) -> Floats:
    """Probability of i, j, k in that order, (runners, runners, runners): tierce."""
    return orders(win, 3, exponents)


def last_place(
    win: Floats, members: NDArray[np.intp], held: Floats, exponents: Sequence[float] = DISCOUNTED
) -> Floats:
    """Probability of `members` (rows, places), each row of probability `held`, and then each runner.

    (rows, runners); 0 for the members themselves.
    """
    reach = _reach(np.log(np.maximum(win, LEAST_CHANCE)), exponents, members.shape[1] + 1)
    left = np.repeat(np.exp(reach - reach.max())[None], len(members), axis=0)
    np.put_along_axis(left, members, 0.0, axis=1)
    total = left.sum(axis=1, keepdims=True)
    chances: Floats = held[:, None] * np.divide(left, total, out=np.zeros_like(left), where=total > 0.0)
    return chances


def superfecta(win: Floats, order: Sequence[int], exponents: Sequence[float] = DISCOUNTED) -> float:
    """Probability of one order of runners, of any length up to the exponents': quartet with four."""
    position = np.full(len(win), np.nan)
    for place, runner in enumerate(order, start=1):
        position[runner] = place
    start = np.zeros(1, dtype=np.intp)
    return float(np.exp(order_log_chance(win, position, start, len(order), exponents)[0]))


def quinella(win: Floats, exponents: Sequence[float] = DISCOUNTED) -> Floats:
    """Probability that i and j fill the first two places, (runners, runners), symmetric, diagonal 0."""
    return sets(win, 2, exponents)


def first_set(win: Floats, members: Sequence[int], exponents: Sequence[float] = DISCOUNTED) -> float:
    """Probability that these runners fill the first places in any order: trio of three, first 4 of four."""
    return float(sum(superfecta(win, order, exponents) for order in permutations(members)))


def pick(chances: Sequence[float]) -> float:
    """Probability that a selection wins in each leg: double, treble, pick n; legs are independent.

    >>> pick((0.5, 0.25))
    0.125
    """
    return reduce(lambda product, chance: product * chance, chances, 1.0)


def coupled(win: Floats, interest: Sequence[str]) -> dict[str, float]:
    """Win probability of each betting interest: runners coupled in one interest win together.

    >>> coupled(np.array([0.2, 0.3, 0.5]), ("1", "1", "2"))
    {'1': 0.5, '2': 0.5}
    """
    chances = dict.fromkeys(interest, 0.0)
    for name, chance in zip(interest, win, strict=True):
        chances[name] += float(chance)
    return chances


def wins(selection: Sequence[str], position: dict[str, int], *, ordered: bool) -> bool:
    """Whether a bet on the first len(selection) places is a winner; each order of a dead heat pays.

    `position` is the official place of each interest, equal in a dead heat; of a coupled interest its best.

    >>> wins(("b", "a"), {"a": 1, "b": 1, "c": 3}, ordered=True)
    True
    """
    places = [position.get(name) for name in selection]
    if None in places or len(set(selection)) < len(selection):
        return False
    held = [place for place in places if place is not None]
    if not ordered:
        held.sort()
    # In order, and nobody left out stands before the last of them.
    before = sum(place < max(held) for name, place in position.items() if name not in selection)
    return held == sorted(held) and before == 0


def _reach(logs: Floats, exponents: Sequence[float], place: int) -> Floats:
    """Log weights for a place of runners with these log win probabilities."""
    reach: Floats = (exponents[place - 1] + exponents[MOST_PLACES + place - 1] * logs) * logs
    return reach


def _next(held: Floats, reach: Floats) -> Floats:
    """One more place: probabilities (..., runners) of ordered runners become (..., runners, runners)."""
    runners = len(reach)
    taken = np.zeros((1,) * (held.ndim + 1), dtype=np.bool_)
    for axis in range(held.ndim):
        line = [1] * (held.ndim + 1)
        line[axis], line[-1] = runners, runners
        taken = taken | np.eye(runners, dtype=np.bool_).reshape(line)
    left = np.where(taken, 0.0, np.exp(reach - reach.max()))
    total = left.sum(axis=-1, keepdims=True)
    share: Floats = held[..., None] * np.divide(left, total, out=np.zeros_like(left), where=total > 0.0)
    return share
