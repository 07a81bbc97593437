"""How a race's chances look to the market as the off nears: a walk in log-odds that ends near the truth.

The market bets favourites too little and longshots too much, and knows the more the nearer the off.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.card import Flags, Floats
from feeds.simulator.day import RaceDay
from feeds.simulator.script import Plan, changes, phases
from schemas.identity import MICROS

Times = NDArray[np.int64]

EXCHANGE_BIAS = 0.94
"""What the market makes of a true difference in log-odds: below 1 is a favourite-longshot bias."""

CLOSING_ERROR = 0.12
"""Standard deviation of the market's error at the off, in log-odds."""

BURST = 0.3
"""Shape of the gamma clock of the walk: the smaller, the more a price moves in bursts (variance gamma)."""

GRID = 512
LATE_MONEY = 0.12
"""Time constant of late money, as a part of the time that markets are open."""


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """A market until betting ends: times (moments,), and chances (moments, runners) that sum to 1 a row."""

    times: Times
    images: Flags
    """Moments at which betting opens, opens again, or is suspended."""
    suspended: Flags
    """Moments at which betting is suspended and all offers lapse."""
    chances: Floats
    """0.0 for those that do not run."""
    remaining: Floats
    """Part of the open time that is left, 1 to 0."""
    final: Floats
    """Chances at the off, (runners,)."""


def trade(this: Plan) -> Market:
    """The walk of a race's market over the phases in which betting is open."""
    rng, day = this.generator(3), this.day
    times, images, suspended, running = _moments(rng, this)
    remaining = np.minimum((this.script.off - times) / (day.open_seconds * MICROS), 1.0)
    runners = len(this.field.ability)
    closing = EXCHANGE_BIAS * this.field.ability + rng.normal(0.0, CLOSING_ERROR, runners)
    # Variance still to come is proportional to the time that remains, so steps are summed from the off back.
    variance = -np.diff(remaining, append=0.0)[:, None] * rng.gamma(BURST, 1.0 / BURST, (len(times), runners))
    steps = rng.normal(0.0, day.price_spread, (len(times), runners)) * np.sqrt(np.maximum(variance, 0.0))
    walk = closing + np.cumsum(steps[::-1], axis=0)[::-1]
    starters = [this.field.eligible, *(after for _, after in changes(this))][-1]
    chances, final = _softmax(walk, running), _softmax(closing, starters)
    return Market(times, images, suspended, chances, remaining, final)


def _softmax(log_odds: Floats, running: Flags) -> Floats:
    weights = np.exp(log_odds) * running
    chances: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return chances


def _moments(rng: np.random.Generator, this: Plan) -> tuple[Times, Flags, Flags, Flags]:
    """When prices are stated, which are images, which suspensions, and who runs then (moments, runners)."""
    open_ = phases(this)
    begins = np.array([phase.begins for phase in open_])
    ends = np.array([phase.ends for phase in open_])
    drawn = _arrivals(rng, this.day, open_[0].begins, open_[-1].ends, this.script.off)
    drawn_in = np.searchsorted(begins, drawn, side="right") - 1
    drawn = drawn[(drawn > begins[drawn_in]) & (drawn < ends[drawn_in])]
    cuts = ends[ends < this.script.betting_ends]
    times = np.concatenate((begins, cuts, drawn))
    order = np.argsort(times, kind="stable")
    times = times[order]
    running = np.array([phase.running for phase in open_])
    images, suspended = order < len(begins) + len(cuts), np.isin(order - len(begins), np.arange(len(cuts)))
    return times, images, suspended, running[np.searchsorted(begins, times, side="right") - 1]


def _arrivals(rng: np.random.Generator, day: RaceDay, begin: int, end: int, off: int) -> Times:
    """A Poisson process whose rate rises exponentially to the off; whole milliseconds, sorted."""
    left = np.linspace(off - begin, off - end, GRID) / MICROS
    rush = np.exp(-left / day.rush_seconds) - np.exp(-left[0] / day.rush_seconds)
    expected = day.opening_rate * (left[0] - left) + day.closing_rate * day.rush_seconds * rush
    drawn = np.sort(rng.random(int(rng.poisson(expected[-1])))) * expected[-1]
    seconds = np.interp(drawn, expected, left[0] - left)
    times: Times = begin + np.round(seconds * 1000.0).astype(np.int64) * 1000
    return times


def turnover(remaining: Floats) -> Floats:
    """Part of the money of the whole market that has been traded: most of it comes late."""
    late = np.exp(-remaining / LATE_MONEY)
    traded: Floats = 0.02 + 0.13 * (1.0 - remaining) + 0.85 * late
    return traded
