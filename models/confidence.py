"""How far a market can be trusted: its money, its spread, the runners it prices and the age of its prices."""

import numpy as np

from models.layout import Floats, sum_runners
from models.quotes import Quotes

PLAIN_CONFIDENCE = 0.3  # of fresh prices on all runners that nobody has put money behind
LIQUID_MONEY = 10_000.0  # traded and waiting at the best prices of one race, at which depth is one half
LIQUID_SPREAD = 0.05  # relative spread at which tightness is one half
HALF_LIFE_SECONDS = 300.0


def market_confidence(read: Quotes, money: Floats, age_seconds: Floats) -> Floats:
    """Confidence (lanes,) in [0, 1], from quotes in columns, money (3, runners, lanes), age (lanes,) seconds.

    (share of runners priced) 2**(-age / 300 s) (0.3 + 0.7 sqrt(depth tightness)), with depth = M / (M +
    10,000) of all the race's money M, and tightness = 0.05 / (0.05 + s) of the relative spread s averaged
    over the runners by their inverse prices. The constants are judgement, not fitted: an order, not a
    probability.
    """
    total = sum_runners(sum_runners(money))
    depth = total / (total + LIQUID_MONEY)
    spread = sum_runners(read.spread * read.inverse) / sum_runners(read.inverse)
    tightness = LIQUID_SPREAD / (LIQUID_SPREAD + spread)
    priced = np.add.reduce(read.priced, axis=0, dtype=np.float64) / len(read.priced)
    fresh = np.exp2(np.maximum(age_seconds, 0.0) / -HALF_LIFE_SECONDS)
    confidence: Floats = (
        priced * fresh * (PLAIN_CONFIDENCE + (1.0 - PLAIN_CONFIDENCE) * np.sqrt(depth * tightness))
    )
    return confidence
