"""How an exchange market lives by real minutes to the off: intensity, volatility, spread, turnover."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MINUTES = np.array([0.0, 1.0, 2.0, 4.0, 7.5, 12.5, 22.5, 45.0, 90.0, 150.0, 240.0])
"""Knots of the curves below, fitted to the medians of eight captured win markets with full books."""

UPDATES = np.array([320.0, 345.0, 375.0, 350.0, 245.0, 178.0, 118.0, 11.5, 5.6, 3.2, 2.0])
"""Messages a minute of one market that change a price, a size, a volume or a projected price."""

VOLATILITY = np.array([0.088, 0.081, 0.082, 0.074, 0.045, 0.066, 0.077, 0.03, 0.02, 0.012, 0.01])
"""Standard deviation of a change of log odds over one minute, of a runner at REFERENCE_ODDS."""

REFERENCE_ODDS = 7.0
VOLATILITY_POWER = 0.45
LONGEST = 40.0
"""Volatility goes with the odds to this power, up to LONGEST: outsiders move more."""

SPREAD = np.array([1.15, 0.65, 0.33, 0.16, 0.2, 0.35, 1.8, 3.0, 5.0, 7.5, 9.0])
"""Ticks of the ladder between best back and best lay beyond the first, on average."""

TRADES = np.array([0.4, 0.36, 0.34, 0.34, 0.33, 0.3, 0.13, 0.045, 0.04, 0.04, 0.04])
"""Part of the prices stated that come with a trade."""

DEPTH = np.array([160.0, 160.0, 150.0, 140.0, 115.0, 75.0, 35.0, 14.0, 9.0, 8.0, 7.0])
"""Median size of a best offer, over the runner's chance, in a market of MONEY."""

TURNED_MINUTES = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0])
TURNED = np.array([1.0, 0.945, 0.905, 0.817, 0.69, 0.553, 0.237, 0.13, 0.017, 0.01, 0.005, 0.002])
"""Part of the money that has been traded."""

MONEY = 38_000.0
MONEY_SPREAD = 0.85
"""Median money traded before the off, its standard deviation in logs: Australia, New Zealand 2024-25."""

_FINE = np.arange(0.0, MINUTES[-1] + 0.25, 0.25)
_VARIANCE = np.concatenate(
    ([0.0], np.cumsum(np.interp(0.5 * (_FINE[1:] + _FINE[:-1]), MINUTES, VOLATILITY) ** 2) * 0.25)
)


def updates(minutes: Floats) -> Floats:
    """Messages a minute."""
    rate: Floats = np.exp(np.interp(minutes, MINUTES, np.log(UPDATES)))
    return rate


def variance_to_come(minutes: Floats) -> Floats:
    """Variance of log odds between now and the off, of a runner at REFERENCE_ODDS."""
    variance: Floats = np.interp(minutes, _FINE, _VARIANCE)
    return variance


def relative_volatility(chances: Floats) -> Floats:
    """How much more than a runner at REFERENCE_ODDS one of these chances moves."""
    odds = np.minimum(1.0 / np.maximum(chances, 1e-9), LONGEST)
    factor: Floats = (odds / REFERENCE_ODDS) ** VOLATILITY_POWER
    return factor


def spread(minutes: Floats) -> Floats:
    """Mean ticks between best back and best lay beyond the first."""
    ticks: Floats = np.interp(minutes, MINUTES, SPREAD)
    return ticks


def trades(minutes: Floats) -> Floats:
    """Part of the prices stated that come with a trade."""
    part: Floats = np.interp(minutes, MINUTES, TRADES)
    return part


def depth(minutes: Floats) -> Floats:
    """Median size of a best offer over the runner's chance."""
    size: Floats = np.interp(minutes, MINUTES, DEPTH)
    return size


def turnover(minutes: Floats) -> Floats:
    """Part of the money of the whole market that has been traded: most of it comes late."""
    traded: Floats = np.exp(np.interp(minutes, TURNED_MINUTES, np.log(TURNED)))
    return traded
