"""The exchange's book around the market's chances: who is stated when, quotes, trades and money waiting."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feeds.simulator import curves
from feeds.simulator.field import Flags, Floats
from feeds.simulator.ladder import HIGHEST, rung, settled

Numbers = NDArray[np.intp]

OVERROUND = 1.0008
"""Of the middle of the book, on average."""

SLACK = 0.35
"""Rungs by which a price may be off before it follows: quotes do not flicker."""

OUTSIDER, OUTSIDER_TICKS, OUTSIDER_TICKS_A_MINUTE = 0.1, 0.02, 0.085
"""Below this chance the book is wider by these ticks, on average, and the more the longer to the off."""

TURNED, REQUOTED, BACK_CHANGED, LAY_CHANGED = 0.4, 0.06, 0.64, 0.48
"""Of trades, the part on the other side than the last; of prices stated, those with another spread, and with
other money waiting to be backed and laid. Fitted to the captures, the last 15 minutes."""

ALSO = 1.7
"""How many runners are stated beside one, on average."""

CROSSED = 0.06
"""Below this chance a bet is matched at the book's edge."""

DEPTH_SPREAD = 0.9
PROJECTED_MINUTES = 15.0
"""Projected starting prices are stated for these last real minutes."""


NO_TRADE = -1.0
"""In place of the rung of the last price of a runner that nobody has bet on."""

EARLY_MINUTES, EARLY_TRADED, EARLY_TRADED_A_CHANCE = 15.0, 0.3, 4.0
"""A market that opens earlier than this opens with bets on some runners alone: on favourites most."""

AT, SPREAD, SIDE, LAST, BACK_SIZE, LAY_SIZE, TRADED, SKEW = range(8)
"""Kinds of values that are held."""


@dataclass(slots=True)
class Held:
    """What each runner's price stands at between chunks, (kinds, runners)."""

    values: Floats

    @staticmethod
    def of(runners: int) -> "Held":
        """Nothing yet."""
        values = np.full((8, runners), np.nan)
        values[LAST], values[SIDE], values[TRADED] = NO_TRADE, 0.0, 0.0
        return Held(values)

    def follow(self, wanted: Floats) -> Floats:
        """Rungs where the quotes are that should lie at `wanted`, (moments, runners)."""
        before = self.values[AT]
        found = settled(wanted, np.where(np.isnan(before), wanted[0], before), SLACK)
        self.values[AT] = found[-1]
        return found

    def hold(self, kind: int, cells: "Cells", fresh: Flags, drawn: Floats) -> Floats:
        """Values of the cells: as drawn where fresh, else as they stood before."""
        at = np.maximum.accumulate(np.where(fresh, cells.index, -1))
        found = np.where(at >= cells.first, drawn[at], self.values[kind][cells.runners])
        self.values[kind][cells.runners[cells.last]] = found[cells.last]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Statements of one runner's price each: all of the first runner by time, then the next's."""

    runners: Numbers
    moments: Numbers
    index: Numbers
    first: Numbers
    """Index of the first cell of the same runner."""
    last: Numbers
    """Cells that are their runner's last."""


def stated_runners(rng: np.random.Generator, chances: Floats, images: Flags) -> Flags:
    """Which runners each update states, (moments, runners): all in an image, else at least one."""
    running = chances > 0.0
    liveliness = np.where(running, np.sqrt(chances + 0.01), 0.0)
    liveliness *= ALSO / liveliness.sum(axis=1, keepdims=True)
    # Now and then the whole market moves at once.
    stir = rng.standard_gamma(0.6, (len(images), 1)) / 0.6
    haste = rng.random(chances.shape) / np.maximum(liveliness, 1e-12)
    haste[~running] = np.inf
    stated = (haste < stir) | (haste == haste.min(axis=1, keepdims=True)) | images[:, None]
    found: Flags = stated & running
    return found


def cells_of(stated: Flags) -> Cells:
    """The cells of what is stated, (moments, runners)."""
    runners, moments = np.nonzero(stated.T)
    index = np.arange(len(runners))
    last = np.append(runners[1:] != runners[:-1], True)
    return Cells(runners, moments, index, np.searchsorted(runners, runners), np.flatnonzero(last))


def columns(
    rng: np.random.Generator,
    *,
    cells: Cells,
    held: Held,
    chances: Floats,
    minutes: Floats,
    images: Flags,
    share: Floats,
) -> tuple[NDArray[Any], ...]:
    """Runner, rungs of last, back and lay, sizes, traded and projected prices of each cell."""
    count, opened = len(cells.runners), images[cells.moments]
    chance, left = chances[cells.moments, cells.runners], minutes[cells.moments]
    chosen = rng.random((5, count))
    parts = (curves.trades(left), TURNED, REQUOTED, BACK_CHANGED, LAY_CHANGED)
    traded, turned, requoted, backed, laid = (chosen[n] < part for n, part in enumerate(parts))
    early = EARLY_TRADED + EARLY_TRADED_A_CHANCE * chance
    traded |= opened & ((left < EARLY_MINUTES) | (chosen[1] < early))
    turned, requoted, backed, laid = (each | opened for each in (turned, requoted, backed, laid))
    at = held.follow(rung(1.0 / np.maximum(OVERROUND * chances, 1e-3)))[cells.moments, cells.runners]
    low = np.floor(at)
    outside = OUTSIDER_TICKS + OUTSIDER_TICKS_A_MINUTE * np.minimum(left, 25.0)
    ticks = curves.spread(left) + np.where(chance < OUTSIDER, outside, 0.0)
    wide = np.floor(rng.standard_exponential(count) * ticks + 0.5)
    wide = held.hold(SPREAD, cells, requoted, wide)
    skew = held.hold(SKEW, cells, requoted, rng.random(count))
    back = low - np.floor(skew * (wide + 1.0))
    lay = back + 1.0 + wide
    side = held.hold(SIDE, cells, traded & turned, np.where(rng.random(count) < at - low, 1.0, 0.0))
    # Bets on outsiders cross the book, on others they are matched near its middle.
    crossed = np.clip(np.where(side > 0.0, lay, back), low - 1.0, low + 2.0)
    last = held.hold(LAST, cells, traded, np.where(chance < CROSSED, crossed, low + side))
    depth = curves.depth(left) * chance
    sizes = 2.0 + depth * rng.lognormal(0.0, DEPTH_SPREAD, (2, count))
    back_size = held.hold(BACK_SIZE, cells, backed, sizes[0])
    lay_size = held.hold(LAY_SIZE, cells, laid, sizes[1])
    bet = held.hold(TRADED, cells, traded, share[cells.runners] * curves.turnover(left))
    near, far = _projected(rng, 1.0 / chance, left)
    rungs = [
        np.clip(column, low, HIGHEST).astype(np.int64) for column, low in ((last, -1), (back, 0), (lay, 0))
    ]
    rungs[1] = np.minimum(rungs[1], HIGHEST - 1)
    rungs[2] = np.maximum(rungs[2], rungs[1] + 1)
    return (
        cells.runners,
        *rungs,
        *(np.round(column, 2) for column in (back_size, lay_size, bet, near, far)),
    )


def _projected(rng: np.random.Generator, fair: Floats, left: Floats) -> tuple[Floats, Floats]:
    """Near and far starting prices as projected; 0.0 while none are."""
    noise = rng.lognormal(((0.0,), (0.05,)), ((0.02,), (0.1,)), (2, len(fair)))
    near, far = np.where(left < PROJECTED_MINUTES, np.clip(fair * noise, 1.01, 1000.0), 0.0)
    return near, far
