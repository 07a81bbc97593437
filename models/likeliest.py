"""The likeliest bets of an exotic pool: the first places in order or in any, and winners of several races."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from models.exotics import last_place, orders, pick, sets
from models.layout import Floats
from models.places import DISCOUNTED

MOST_RUNNERS = 40
"""Of a race: four places of more are millions of bets."""

BLOCK = 1_024
"""Beginnings of orders that are gone through at a time."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What a pool asks for: how many of the first places, and whether in their order."""

    places: int
    ordered: bool


POOLS = {
    "exacta": Pool(2, True),
    "quinella": Pool(2, False),
    "trifecta": Pool(3, True),
    "tierce": Pool(3, True),
    "trio": Pool(3, False),
    "superfecta": Pool(4, True),
    "first4": Pool(4, False),
}
"""By name; Hong Kong calls a trifecta tierce and a superfecta quartet."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One bet: positions among the win probabilities, by place or, where no order is asked, rising."""

    members: tuple[int, ...]
    chance: float


def likeliest(
    win: Floats,
    pool: Pool,
    limit: int,
    exponents: Sequence[float] = DISCOUNTED,
    among: Sequence[int] | None = None,
) -> list[Combination]:
    """The `limit` likeliest combinations of a race with `win` (runners,), the likeliest first.

    With `among`, positions in `win`, only those of its members, at their chances in the whole field. Of equal
    chances the lower positions come first; what cannot happen is left out. These are chances of single
    orders: a dead heat pays each of its orders (`exotics.wins`), so that a bet wins by so much more often.
    Fewer runners than places have none. Raises ValueError for more than MOST_RUNNERS.
    """
    if len(win) > MOST_RUNNERS:
        raise ValueError(f"{len(win)} runners are more than {MOST_RUNNERS}")
    chosen = list(range(len(win))) if among is None else sorted(set(among))
    if len(chosen) < pool.places:
        return []
    found = (_in_order if pool.ordered else _in_any)(win, pool.places, limit, exponents, chosen)
    found.sort(key=lambda each: (-each.chance, each.members))
    return found[:limit]


def _in_order(
    win: Floats, places: int, limit: int, exponents: Sequence[float], chosen: list[int]
) -> list[Combination]:
    """Orders, begun by the likeliest of all but the last place: no order is likelier than its beginning."""
    rows = np.array(list(permutations(chosen, places - 1)), dtype=np.intp)
    held = orders(win, places - 1, exponents)[tuple(rows.T)]
    falling = np.argsort(-held, kind="stable")
    found: list[Combination] = []
    for at in range(0, len(rows), BLOCK):
        block = falling[at : at + BLOCK]
        if len(found) >= limit and held[block[0]] <= found[limit - 1].chance:
            break
        chances = last_place(win, rows[block], held[block], exponents)[:, chosen]
        for best in _first(chances.ravel(), limit).tolist():
            row, last = divmod(best, len(chosen))
            found.append(_combination((*rows[block[row]].tolist(), chosen[last]), chances[row, last]))
        found = sorted((each for each in found if each.chance > 0.0), key=lambda each: -each.chance)[:limit]
    return found


def _in_any(
    win: Floats, places: int, limit: int, exponents: Sequence[float], chosen: list[int]
) -> list[Combination]:
    """Sets: any one of the members may have been the last of them."""
    rows = np.array(list(combinations(chosen, places - 1)), dtype=np.intp)
    row_of = np.zeros((len(win),) * (places - 1), dtype=np.intp)
    row_of[tuple(rows.T)] = np.arange(len(rows))
    last = last_place(win, rows, sets(win, places - 1, exponents)[tuple(rows.T)], exponents)
    members = np.array(list(combinations(chosen, places)), dtype=np.intp)
    chances = np.zeros(len(members))
    for place in range(places):
        others = np.delete(members, place, axis=1)
        chances += last[row_of[tuple(others.T)], members[:, place]]
    best = _first(chances, limit)
    found = [_combination(members[at].tolist(), chances[at]) for at in best.tolist()]
    return [each for each in found if each.chance > 0.0]


def _combination(members: Sequence[int], chance: float) -> Combination:
    return Combination(tuple(members), float(chance))


def selections(legs: Sequence[Floats], limit: int) -> list[Combination]:
    """The `limit` likeliest selections of a winner in each leg, `legs` being win probabilities (runners,).

    Legs are independent (`exotics.pick`), so the best of all legs begin with the best of the first ones. What
    cannot happen is left out.
    """
    found = [Combination((), 1.0)]
    for win in legs:
        worth = np.multiply.outer([each.chance for each in found], win)
        found = [
            Combination((*found[row].members, column), pick((found[row].chance, float(win[column]))))
            for row, column in (divmod(at, len(win)) for at in _first(worth.ravel(), limit).tolist())
            if worth[row, column] > 0.0
        ]
    return found


def _first(worth: Floats, limit: int) -> NDArray[np.intp]:
    """Where the `limit` greatest are, the greatest first; of equal ones those that come first."""
    at = np.arange(len(worth))
    if limit < len(worth):
        at = np.flatnonzero(worth >= np.partition(worth, -limit)[-limit])
    return at[np.argsort(-worth[at], kind="stable")][:limit]
