"""Value: what a bet returns on average at odds that are after takeout, and how such bets fared."""

from collections.abc import Sequence

import numpy as np

from models.layout import Flags, Floats

LONG_ODDS = 11.0  # 10-1
THRESHOLDS = (1.0, 1.05, 1.1)


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


def longshots(win: Floats, public: Floats, odds: Floats) -> Flags:
    """Runners over 10-1 whose chance, by `win`, is above what the public gives them."""
    chosen: Flags = (odds >= LONG_ODDS) & (win > public)
    return chosen


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
