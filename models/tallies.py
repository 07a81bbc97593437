"""Wins against those expected, by the odds or an equal share: counted, shrunk, with bounds, for people."""

from collections.abc import Iterable
from math import log, sqrt
from typing import NamedTuple

from msgspec import Struct

INTERVAL_Z = 1.645
"""Standard deviations on either side of which 90 % lies."""

FIRST_VARIANCE, FIRST_MASS = 0.05, 200.0
"""Variance of true ratios thought of before anything is counted, and the squared wins that this weighs."""

LEAST_VARIANCE, MOST_VARIANCE = 0.0025, 0.33
USUAL_BOOK, FIRST_WINS = 1.18, 20.0
"""What inverse prices sum to before any is counted, at a usual tote, and the wins that this weighs."""


class Start(NamedTuple):
    """One run: whether it won, and the chance that was to be expected.

    `share` is the chance where the whole race is known: those of a race sum to 1. `alone` is it where no more
    than this run is told: by the odds 1 / price, which sum to more. One of the two is 0.
    """

    won: bool
    share: float = 0.0
    alone: float = 0.0


class Tally(Struct, array_like=True):
    """Runs, wins, and sums of `Start`'s two chances and of their squares. A dead heat is a win."""

    runs: int = 0
    wins: int = 0
    share: float = 0.0
    share_squared: float = 0.0
    alone: float = 0.0
    alone_squared: float = 0.0

    def add(self, start: Start, sign: int = 1) -> None:
        """Count a run, or with `sign` -1 take one back."""
        self.runs += sign
        self.wins += sign * start.won
        self.share += sign * start.share
        self.share_squared += sign * start.share**2
        self.alone += sign * start.alone
        self.alone_squared += sign * start.alone**2

    def expected(self, book: float) -> float:
        """Wins expected; `book` is what the chances of runs told alone sum to in a race."""
        return self.share + self.alone / book

    def counted(self, book: float, ratio: float = 1.0) -> "Counted":
        """Wins, wins expected and their variance about that, where each chance is `ratio` times as large."""
        expected = self.expected(book) * ratio
        squared = (self.share_squared + self.alone_squared / book**2) * ratio**2
        return Counted(self.wins, expected, max(expected - squared, 0.0))


class Counted(NamedTuple):
    """Wins, what was expected, and the variance of wins that each have just their chance: q (1 - q) a run."""

    wins: float
    expected: float
    variance: float


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    found = Tally()
    for each in tallies:
        found.runs += each.runs
        found.wins += each.wins
        found.share += each.share
        found.share_squared += each.share_squared
        found.alone += each.alone
        found.alone_squared += each.alone_squared
    return found


def book_of(told: Tally, usual: float = USUAL_BOOK) -> float:
    """What the chances of runs told alone sum to in a race, from the `usual` by all runs told so.

    The sum that makes all of them together win as often as expected: indirect standardisation by the runs
    themselves. It takes in the bookmaker's margin, and that past runs are told of horses that still run.

    >>> book_of(Tally())
    1.18
    >>> round(book_of(Tally(10_000, 1_000, alone=1_250.0)), 2)
    1.25
    """
    return (told.alone + FIRST_WINS * usual) / (told.wins + FIRST_WINS)


def strength_of(tallies: Iterable[Counted]) -> float:
    """Wins that the prior of true ratios is worth: few where ratios differ by more than chance.

    1 over the moment estimate of the variance of true ratios, (sum (A - E)**2 - sum V) / sum E**2, with A
    wins where E were expected with variance V. Source: Böhning, Sarol, Rattanasiri, Viwatwongkasem and
    Biggeri (2004), "A comparison of non-iterative and iterative estimators of heterogeneity variance for the
    standardized mortality ratio", Biostatistics 5, who have V = E of Poisson's counts; a run wins once at
    most. It begins from a variance of 0.05 and is held between 3 and 400 wins.

    >>> round(strength_of([]), 1)
    20.0
    """
    beyond, mass = FIRST_VARIANCE * FIRST_MASS, FIRST_MASS
    for wins, expected, variance in tallies:
        beyond += (wins - expected) ** 2 - variance
        mass += expected**2
    return 1.0 / min(max(beyond / mass, LEAST_VARIANCE), MOST_VARIANCE)


class Ratio(NamedTuple):
    """Wins over those expected, shrunk, with 90 % bounds; `shape` is 1 over the variance of its logarithm."""

    ratio: float
    low: float
    high: float
    shape: float

    @property
    def tells(self) -> bool:
        """Whether the bounds leave 1 out."""
        return self.low > 1.0 or self.high < 1.0

    @property
    def confidence(self) -> float:
        """From 0 to 1, the larger the narrower the bounds: low over high."""
        return self.low / self.high


def ratio_of(wins: float, expected: float, strength: float, above: Ratio | None = None) -> Ratio:
    """The true ratio's posterior: gamma(A + s m, E + s) with a gamma prior of mean m worth s expected wins.

    m is 1, or the ratio of what stands `above`, whose own doubt then joins the variance by the share s /
    (E + s) that the mean has of it; a part is taken for seen apart from its whole. Source of the model:
    Clayton and Kaldor (1987), "Empirical Bayes estimates of age-standardized relative risks for use in
    disease mapping", Biometrics 43. Bounds are Wilson and Hilferty's (1931), PNAS 17:
    a (1 - 1 / (9 a) +- z / (3 sqrt(a)))**3 / b for gamma(a, b). Wins vary a little less than Poisson's
    counts, so that bounds are a little wide.

    >>> [round(each, 2) for each in ratio_of(14, 9.2, 10.0)[:3]]
    [1.25, 0.86, 1.7]
    """
    mean, doubt = (above.ratio, above.ratio**2 / above.shape) if above is not None else (1.0, 0.0)
    rate = expected + strength
    ratio = (wins + strength * mean) / rate
    shape = ratio**2 / (ratio / rate + doubt * (strength / rate) ** 2)
    low, high = (
        ratio * max(1.0 - 1.0 / (9.0 * shape) + side * INTERVAL_Z / (3.0 * sqrt(shape)), 0.0) ** 3
        for side in (-1.0, 1.0)
    )
    return Ratio(ratio, low, high, shape)


def severity_of(ratio: float) -> float:
    """What a ratio weighs as an annotation: its logarithm, so that twice and half as many weigh the same."""
    return log(ratio)
