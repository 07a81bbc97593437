"""How prices moved: log price changes over 1, 5 and 30 minutes, and who steams or drifts."""

from math import expm1, isnan, log, nan

import numpy as np

from models.compiled import compiled
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
    prices, earlier = (np.array(each, dtype=np.float64, order="C") for each in (price, past))
    moves = np.empty_like(earlier)
    for at in range(len(prices)):
        movement_of(prices[at], earlier[at], moves[at])
    return moves


@compiled()
def movement_of(price: Floats, past: Floats, moves: Floats) -> None:
    """`movement` of one race: `price` (runners,) and `past` (runners, 3) into `moves` (runners, 3)."""
    for at in range(len(price)):
        for horizon in range(past.shape[1]):
            earlier = past[at, horizon]
            known = price[at] > 0.0 and earlier > 0.0
            moves[at, horizon] = log(price[at] / earlier) if known else nan


def relative(log_move: float) -> float | None:
    """Relative change of a price from its log change: -0.08 is 8 % shorter; None where unknown (NaN)."""
    return None if isnan(log_move) else expm1(log_move)


def trend(change: float | None) -> Trend:
    """Whether a relative change over 5 minutes steams (10 % shorter), drifts (15 % longer) or neither."""
    if change is None:
        return "STEADY"
    if change <= ROUNDING - STEAM_SHORTENING:
        return "STEAM"
    return "DRIFT" if change >= DRIFT_LENGTHENING - ROUNDING else "STEADY"
