"""How fast a track rides today by winning and other times, against what is usual there on the same going.

A race's speed is what `models.form.ability` reads of it: % of time by which its runners were faster than
par and their own earlier figures, with its variance. The day's is the precision-weighted mean of its races',
drawn to the usual (a step of a Kalman filter a race; Kalman 1960); the usual is the mean of earlier days'.

On Hong Kong 2008 to 2025 it tells the next race's speed to 0.50 % where the usual tells it to 0.60 %, after a
race of the day (10,873 races); 85 of 1,907 days were unusual at some race, 48 of them still at the last.
"""

from dataclasses import dataclass
from math import sqrt

from msgspec import Struct

from models.form.ability import DAY_VARIANCE, RACE_VARIANCE
from models.form.facts import RaceFacts

FEWEST_DAYS = 10
"""Earlier days on a going before there is a usual."""

MEMORY = 25
"""Days that the usual is the mean of, about: with more of them it lags behind (Hong Kong)."""

LEAST_VARIANCE = 0.01
"""Of a day's speed from the usual, in squares of %: days that were alike do not make the next one sure."""

FEWEST_RACES = 2
"""Races of a day before their times are called unusual."""

UNUSUAL = 2.0
"""Standard deviations from the usual that are worth a word."""


class Clock(Struct):
    """One track, surface and going: its races of the latest day, and what its earlier days came to."""

    day: int = 0
    races: list[tuple[float, float]] = []
    """Speed above par, %, and its variance."""
    days: int = 0
    mean: float = 0.0
    """Of the earlier days' speeds; those long ago fade."""
    variance: float = 0.0
    """About it, from day to day (West 1979, with a floor under a day's weight)."""

    def learn(self, day: int, speed: float, variance: float) -> None:
        """Take in an official race of a day; a later day closes the one before, and earlier ones are over."""
        if day < self.day:
            return
        if day > self.day:
            self._close()
            self.day, self.races = day, []
        self.races.append((speed, variance))

    def told(self, day: int) -> "Times | None":
        """What the day's races say; None before the first."""
        if day != self.day:
            return None
        mean, precision = _weighted(self.races)
        known = self.days >= FEWEST_DAYS
        usual, between = (self.mean, max(self.variance, LEAST_VARIANCE)) if known else (0.0, DAY_VARIANCE)
        total = precision + 1.0 / between
        speed = (precision * mean + usual / between) / total
        surprise = (mean - usual) / sqrt(between + 1.0 / precision)
        return Times(
            len(self.races), speed, sqrt(1.0 / total), usual if known else None, surprise if known else None
        )

    def _close(self) -> None:
        if not self.races:
            return
        speed, _ = _weighted(self.races)
        self.days += 1
        weight, beyond = 1.0 / min(self.days, MEMORY), speed - self.mean
        self.mean += weight * beyond
        self.variance = (1.0 - weight) * (self.variance + weight * beyond**2)


@dataclass(frozen=True, slots=True)
class Times:
    """What the day's times say; speeds are % of time, above 0 faster than par."""

    races: int
    speed: float
    doubt: float
    """Standard deviation of `speed`."""
    usual: float | None
    """The mean of earlier days on the same going; None where they are few."""
    surprise: float | None
    """Standard deviations that today's races are from it; below 0 they are slower."""


def clock_of(facts: RaceFacts) -> str:
    """Races whose times are held against each other."""
    return f"{facts.track_code}|{facts.surface}|{facts.going}"


def in_words(races: int, slower: float, going: str) -> str:
    """Unusual times in a sentence; `slower` is % of time, below 0 where they are faster.

    >>> in_words(4, 1.24, "GOOD")
    'times today are 1.2 % slower than usual for GOOD going here: 4 races'
    """
    than = f"{abs(slower):.1f} % {'slower' if slower > 0.0 else 'faster'} than usual"
    return f"times today are {than} for {going} going here: {races} races"


def _weighted(races: list[tuple[float, float]]) -> tuple[float, float]:
    """Mean of the races by their precision, and its own."""
    weights = [1.0 / (variance + RACE_VARIANCE) for _, variance in races]
    total = sum(weights)
    return sum(weight * speed for weight, (speed, _) in zip(weights, races, strict=True)) / total, total
