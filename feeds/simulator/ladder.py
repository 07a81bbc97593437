"""Betfair's price ladder: the 350 prices from 1.01 to 1000 at which an exchange bets."""

import numpy as np
from numpy.typing import NDArray

STEPS = (
    (1.0, 2.0, 0.01),
    (2.0, 3.0, 0.02),
    (3.0, 4.0, 0.05),
    (4.0, 6.0, 0.1),
    (6.0, 10.0, 0.2),
    (10.0, 20.0, 0.5),
    (20.0, 30.0, 1.0),
    (30.0, 50.0, 2.0),
    (50.0, 100.0, 5.0),
    (100.0, 1000.0, 10.0),
)
"""Above, up to and including, increment, as Betfair's exchange price increments are published."""


def _rungs() -> NDArray[np.float64]:
    hundredths = [
        round(100 * low) + round(100 * step) * (n + 1)
        for low, high, step in STEPS
        for n in range(round((high - low) / step))
    ]
    return np.array(hundredths) / 100.0


LADDER = _rungs()
"""All prices, ascending, (350,)."""

PRICES: list[float] = LADDER.tolist()
"""The same as a list, which is faster to look up one at a time."""

HIGHEST = len(PRICES) - 1


def rung(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where decimal odds lie on the ladder, from 0 (1.01) to 349 (1000), with fractions between rungs."""
    return np.interp(prices, LADDER, np.arange(len(LADDER), dtype=np.float64))


def settled(wanted: NDArray[np.float64], before: NDArray[np.float64], slack: float) -> NDArray[np.float64]:
    """Where quotes lie that follow only once they are `slack` rungs off, (moments, runners).

    Each moment clamps the one before into wanted ± slack (the play operator of hysteresis). Clamps of
    clamps are clamps, so they are composed in pairs, fours, eights.
    """
    low, high = wanted - slack, wanted + slack
    span = 1
    while span < len(wanted):
        lows, highs = low[:-span], high[:-span]
        lows, highs = np.clip(lows, low[span:], high[span:]), np.clip(highs, low[span:], high[span:])
        low, high = np.concatenate((low[:span], lows)), np.concatenate((high[:span], highs))
        span *= 2
    return np.clip(before, low, high)
