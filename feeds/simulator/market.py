"""How a race's chances look to the market as the off nears: a walk in log-odds that ends near the truth.

The market bets favourites too little and longshots too much, and knows the more the nearer the off.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from feeds.simulator import curves
from feeds.simulator.field import Flags, Floats
from feeds.simulator.performance import softmax
from feeds.simulator.plan import Plan, phases, starters, truths
from schemas.identity import MICROS

Times = NDArray[np.int64]

EXCHANGE_BIAS = 0.955
"""What the market makes of a true difference in log-odds: below 1 is a favourite-longshot bias."""

CLOSING_ERROR = 0.2
"""Standard deviation of the market's error at the off, in log-odds."""

BURST = 0.25
"""Shape of the gamma clock of the walk: the smaller, the more a price moves in bursts (variance gamma)."""

UNREST = 0.7
"""Standard deviation, in logs, of how restless a runner's price is from one chunk of moments to another."""

PRIOR_VARIANCE = 1.3
"""Of log-odds within a race. Early prices lie nearer together by what they do not know yet."""

NEWS_MINUTES = 0.7
"""Real minutes in which prices take in most of a change of going, rider or equipment."""

GRID = 512
CHUNK = 128
"""Moments that are worked out at a time, so that an open race holds little."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What the market would make of each runner at the off, (runners,), and how news changes it."""

    first: Floats
    news: tuple[tuple[int, Floats], ...]
    """When, and by how much."""
    lag: float
    """Microseconds in which most of a piece of news is taken in."""

    def at(self, times: Times) -> Floats:
        """Log-odds at times, (moments, runners)."""
        found = np.broadcast_to(self.first, (len(times), len(self.first)))
        for at, change in self.news:
            taken_in = -np.expm1(-np.maximum(times - at, 0) / self.lag)
            found = found + taken_in[:, None] * change
        return found


def opinion(this: Plan) -> Opinion:
    """The truth, biased and with an error."""
    (_, first), *later = truths(this)
    error = this.generator(3, 0).normal(0.0, CLOSING_ERROR, len(first))
    before = [first, *(after for _, after in later)]
    news = ((at, EXCHANGE_BIAS * (after - before[n])) for n, (at, after) in enumerate(later))
    lag = NEWS_MINUTES * 60 * MICROS / this.day.compression
    return Opinion(EXCHANGE_BIAS * first + error, tuple(news), lag)


def closing(this: Plan) -> Floats:
    """The market's chances at the off, (runners,); 0.0 for those that do not run."""
    return softmax(opinion(this).at(np.array([this.script.off]))[0], starters(this))


@dataclass(frozen=True, eq=False)
class Market:
    """The moments of a market until betting ends, and what its prices will be; arrays by moment."""

    this: Plan
    times: Times
    images: Flags
    """Moments at which betting opens, opens again, or is suspended."""
    suspended: Flags
    """Moments at which betting is suspended and all offers lapse."""
    phase: NDArray[np.int8]
    """Which of `sets` is in."""
    sets: Flags
    """Who runs, (phases, runners)."""

    @property
    def chunks(self) -> int:
        """Stretches of CHUNK moments."""
        return -(-len(self.times) // CHUNK)

    @cached_property
    def _opinion(self) -> Opinion:
        return opinion(self.this)

    @cached_property
    def _at_off(self) -> Floats:
        at_off: Floats = self._opinion.at(np.array([self.this.script.off]))[0]
        return at_off

    @cached_property
    def final(self) -> Floats:
        """Chances at the off, (runners,); 0.0 for those that do not run."""
        return softmax(self._at_off, starters(self.this))

    @cached_property
    def _variances(self) -> Floats:
        """Variance of the walk from each moment to the next, of a runner as restless as most, (moments,)."""
        times = np.append(self.times, self.this.script.off)
        return np.maximum(-np.diff(curves.variance_to_come(self.this.minutes(times))), 0.0)

    @cached_property
    def _legs(self) -> tuple[Floats, Floats]:
        """How restless each runner is in each chunk, and how far it walks, (chunks, runners)."""
        rng = self.this.generator(3, 1)
        size = self.chunks, self.sets.shape[1]
        unrest = self._restlessness * rng.lognormal(-(UNREST**2), UNREST, size)
        whole = np.add.reduceat(self._variances, np.arange(0, len(self.times), CHUNK))
        return unrest, unrest * rng.standard_normal(size) * np.sqrt(whole)[:, None]

    @cached_property
    def _anchors(self) -> Floats:
        """What the walk still has to go at the end of each chunk, (chunks, runners)."""
        legs = self._legs[1]
        return np.cumsum(legs[::-1], axis=0)[::-1] - legs

    @cached_property
    def _restlessness(self) -> Floats:
        everyone = np.ones(len(self._at_off), dtype=np.bool_)
        return curves.relative_volatility(softmax(self._at_off, everyone))

    def _steps(self, chunk: int) -> Floats:
        """The walk's steps from moment to moment of a chunk, (moments, runners): a bridge over its leg."""
        rng = self.this.generator(3, 2 + chunk)
        unrest, legs = self._legs
        variance = self._variances[chunk * CHUNK : (chunk + 1) * CHUNK, None]
        size = len(variance), self.sets.shape[1]
        clock = variance * rng.standard_gamma(BURST, size)
        free = unrest[chunk] * rng.standard_normal(size) * np.sqrt(clock / BURST)
        share = clock / np.maximum(clock.sum(axis=0), 1e-300)
        steps: Floats = free + share * (legs[chunk] - free.sum(axis=0))
        return steps

    def chances(self, chunk: int) -> Floats:
        """Chances in a chunk, (moments, runners): rows sum to 1, 0.0 for those that do not run."""
        part = slice(chunk * CHUNK, (chunk + 1) * CHUNK)
        to_come = np.cumsum(self._steps(chunk)[::-1], axis=0)[::-1] + self._anchors[chunk]
        unknown = curves.variance_to_come(self.this.minutes(self.times[part]))[:, None]
        log_odds = (self._opinion.at(self.times[part]) + to_come) / (1.0 + unknown / PRIOR_VARIANCE)
        chances: Floats = softmax(log_odds, self.sets[self.phase[part]])
        return chances

    def at(self, time: int) -> Floats:
        """Chances as they stood at a time, (runners,)."""
        known = max(int(np.searchsorted(self.times, time, side="right")) - 1, 0)
        chances: Floats = self.chances(known // CHUNK)[known % CHUNK]
        return chances


def trade(this: Plan) -> Market:
    """The market of a race over the phases in which betting is open."""
    open_ = phases(this)
    begins = np.array([phase.begins for phase in open_])
    ends = np.array([phase.ends for phase in open_])
    drawn = _arrivals(this, open_[0].begins, open_[-1].ends)
    drawn_in = np.searchsorted(begins, drawn, side="right") - 1
    drawn = drawn[(drawn > begins[drawn_in]) & (drawn < ends[drawn_in])]
    cuts = ends[ends < this.script.betting_ends]
    times = np.concatenate((begins, cuts, drawn))
    order = np.argsort(times, kind="stable")
    times = times[order]
    images = order < len(begins) + len(cuts)
    suspended = images & (order >= len(begins))
    phase = (np.searchsorted(begins, times, side="right") - 1).astype(np.int8)
    return Market(this, times, images, suspended, phase, np.array([phase.running for phase in open_]))


def _arrivals(this: Plan, begin: int, end: int) -> Times:
    """A Poisson process with the intensity of real markets; whole milliseconds, sorted."""
    rng, day = this.generator(3), this.day
    grid = np.linspace(begin, end, GRID)
    minutes = this.minutes(grid.astype(np.int64))
    rate = np.maximum(curves.updates(minutes) * day.message_share * day.compression / 60.0, day.least_rate)
    expected = np.concatenate(([0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(grid) / MICROS)))
    drawn = np.sort(rng.random(int(rng.poisson(expected[-1])))) * expected[-1]
    times: Times = np.round(np.interp(drawn, expected, grid) / 1000.0).astype(np.int64) * 1000
    return times
