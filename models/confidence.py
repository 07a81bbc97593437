"""How far a market can be trusted: its money, its spread, the runners it prices and the age of its prices."""

from math import sqrt

from models.compiled import compiled
from models.layout import Flags, Floats

PLAIN_CONFIDENCE = 0.3  # of fresh prices on all runners that nobody has put money behind
LIQUID_MONEY = 10_000.0  # traded and waiting at the best prices of one race, at which depth is one half
LIQUID_SPREAD = 0.05  # relative spread at which tightness is one half
HALF_LIFE_SECONDS = 300.0


@compiled()
def confidence_of(inverse: Floats, priced: Flags, spread: Floats, money: Floats, age_seconds: float) -> float:
    """Confidence of a race in [0, 1], from its quotes (runners,), money (kinds, runners) and age in seconds.

    (share of runners priced) 2**(-age / 300 s) (0.3 + 0.7 sqrt(depth tightness)), with depth = M / (M +
    10,000) of all the race's money M, and tightness = 0.05 / (0.05 + s) of the relative spread s averaged
    over the runners by their inverse prices. The constants are judgement, not fitted: an order, not a
    probability.
    """
    total = 0.0
    for kind in money:
        for amount in kind:
            total += amount
    depth = total / (total + LIQUID_MONEY)
    width = book = 0.0
    known = 0
    for at in range(len(inverse)):
        width += spread[at] * inverse[at]
        book += inverse[at]
        known += priced[at]
    tightness = LIQUID_SPREAD / (LIQUID_SPREAD + width / book)
    fresh: float = 2.0 ** (max(age_seconds, 0.0) / -HALF_LIFE_SECONDS)
    trusted = PLAIN_CONFIDENCE + (1.0 - PLAIN_CONFIDENCE) * sqrt(depth * tightness)
    return known / len(inverse) * fresh * trusted
