"""How prices moved: log price changes over 1, 5 and 30 minutes, and who steams or drifts."""

from math import expm1, isnan

import numpy as np

from models.layout import Floats
from schemas.records import Trend

HORIZONS_MINUTES = (1, 5, 30)
SIGNAL_HORIZON = HORIZONS_MINUTES.index(5)
STEAM_SHORTENING = 0.10  # of the earlier price
DRIFT_LENGTHENING = 0.15
ROUNDING = 1e-9  # a price from 3.0 to 2.7 has shortened by 10 %, whatever binary fractions make of it


def movement(price: Floats, past: Floats) -> Floats:
    """Natural log of price over past price: below 0 shortened, above 0 drifted, NaN where either is 0.

    `price` is decimal, (batch, runners); `past`, (batch, runners, 3), the same kind of price 1, 5 and 30
    minutes earlier; the answer (batch, runners, 3). NaN keeps an unmoved price apart from an unknown one.
    """
    now = price[:, :, None]
    ratio: Floats = np.divide(now, past, out=np.full(past.shape, np.nan), where=(now > 0.0) & (past > 0.0))
    np.log(ratio, out=ratio)
    return ratio


def relative(log_move: float) -> float | None:
    """Relative change of a price from its log change: -0.08 is 8 % shorter; None where unknown (NaN)."""
    return None if isnan(log_move) else expm1(log_move)


def trend(log_move: float) -> Trend:
    """Whether a log move over 5 minutes steams (10 % shorter), drifts (15 % longer) or neither."""
    change = relative(log_move) or 0.0
    if change <= ROUNDING - STEAM_SHORTENING:
        return "STEAM"
    return "DRIFT" if change >= DRIFT_LENGTHENING - ROUNDING else "STEADY"
