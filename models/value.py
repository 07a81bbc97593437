"""Value: what a bet returns on average at odds that are after takeout, and how such bets fared."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from models.layout import Flags, Floats
from schemas.records import Pool

Number = TypeVar("Number", float, Floats)

LONG_ODDS = 11.0  # 10-1
THRESHOLDS = (1.0, 1.05, 1.1)

COMMISSION: Mapping[Pool, float] = {"EXCHANGE": 0.05, "FIXED": 0.0, "TOTE": 0.0}
"""Part of what a bet wins that is kept, by how its price is made: an exchange's usual base rate.

Bookmakers and pools take theirs before they show a price.
"""

USUAL_TAKEOUT = 0.175
"""What a pool keeps where its own odds do not say: Hong Kong's win pool."""

LEAST_TAKEOUT = 0.1
"""Less than any pool keeps: odds that say so are not of a whole pool."""


def kept_odds(odds: Number, commission: float) -> Number:
    """Decimal odds after a commission on what is won, of one price or elementwise; without one the same.

    >>> kept_odds(3.0, 0.05)
    2.9
    """
    return odds - (odds - 1.0) * commission


def expected_value(win: Number, kept: Number) -> Number:
    """What a unit stake gains on average at odds after commission, of one bet or elementwise.

    >>> round(expected_value(0.4, 2.9), 2)
    0.16
    """
    return win * kept - 1.0


def dividends(odds: Sequence[float]) -> list[float]:
    """What a pool as it stands would pay to each interest still in, decimal; 0.0 without odds.

    `odds` are those that it shows, 0.0 where there are none. An interest's share of the money is its inverse
    odds over their sum S, and pays (1 - takeout) / share. A whole pool's odds say its takeout, 1 - 1 / S, and
    so are its dividends; where they say less than LEAST_TAKEOUT, as after a runner was taken out and its
    money given back, the shares are those of the rest and USUAL_TAKEOUT is kept.
    """
    total = sum(1.0 / each for each in odds if each > 1.0)
    whole = total * (1.0 - LEAST_TAKEOUT) >= 1.0
    factor = 1.0 if whole else (1.0 - USUAL_TAKEOUT) * total
    return [each * factor if each * factor > 1.0 and each > 1.0 else 0.0 for each in odds]


def expected_return(win: Floats, odds: Floats) -> Floats:
    """Mean return of a unit stake, stake included: win probability times decimal odds; NaN without odds.

    Tote odds are what is paid after takeout, so nothing more is taken off; above 1 a bet gains on average if
    the probability is right. Source: Hausch, Ziemba and Rubinstein (1981), Management Science 27.
    """
    worth: Floats = win * np.where(odds > 1.0, odds, np.nan)
    return worth


def stake(win: float, odds: float, fraction: float = 0.25) -> float:
    """Share of the bank that grows it fastest, times `fraction`; 0 where nothing is to be gained.

    Source: Kelly (1956), "A new interpretation of information rate", Bell System Technical Journal 35.

    >>> round(stake(0.3, 4.0, 1.0), 4)
    0.0667
    """
    return max(fraction * (win * odds - 1.0) / (odds - 1.0), 0.0) if odds > 1.0 else 0.0


def is_longshot(win: float, public: float, odds: float) -> bool:
    """Whether a runner is over 10-1 and its chance, by `win`, above what the public gives it.

    >>> is_longshot(0.06, 0.05, 17.0), is_longshot(0.2, 0.1, 6.0)
    (True, False)
    """
    return odds >= LONG_ODDS and win > public


def longshots(win: Floats, public: Floats, odds: Floats) -> Flags:
    """`is_longshot` of each runner."""
    rows = zip(win.tolist(), public.tolist(), odds.tolist(), strict=True)
    return np.array([is_longshot(*row) for row in rows], dtype=np.bool_)


def fared(
    win: Floats, odds: Floats, won: Flags, thresholds: Sequence[float] = THRESHOLDS
) -> list[dict[str, float | int]]:
    """Bets of one unit on all runners worth at least a threshold: number, return in per cent, standard error.

    Odds are the last before the off: nobody gets exactly these, and one's own stake lowers them.
    """
    worth, found = expected_return(win, odds), list[dict[str, float | int]]()
    for threshold in thresholds:
        chosen = worth >= threshold
        gain = np.where(won[chosen], odds[chosen] - 1.0, -1.0)
        count = len(gain)
        found.append(
            {
                "expected_at_least": threshold,
                "bets": count,
                "return_percent": round(100.0 * float(gain.mean()), 1) if count else 0.0,
                "error_percent": round(100.0 * float(gain.std() / np.sqrt(count)), 1) if count else 0.0,
            }
        )
    return found
