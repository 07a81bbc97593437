"""Remove the overround: probabilities that sum to a total, from inverse decimal prices."""

from math import exp, log, sqrt

import numpy as np

from models.compiled import compiled
from models.layout import Floats

POWER_STEPS = 10
POWER_CHANGE = 1e-9  # of the exponent in a step; the next would be of the order of its square
SHIN_STEPS = 24
SMALLEST_INVERSE = 1e-9
LARGEST_INVERSE = 0.999  # no market offers less than 1.001; nearer to 1 the steps would not do


@compiled()
def scale(row: Floats, total: float) -> None:
    """Scale a race's figures to sum to `total`."""
    mass = 0.0
    for value in row:
        mass += value
    factor = total / mass
    for at in range(len(row)):
        row[at] *= factor


@compiled()
def power_of(inverse: Floats, total: float, chances: Floats) -> None:
    """`power` of one race into `chances`, all (runners,).

    Newton's method on log(sum(q**k)) = log(total), which is convex and falls in k: after its first step it
    comes to the root from one side, for underround books too.
    """
    runners = len(inverse)
    if runners <= total:
        chances[:] = 1.0
        return
    logs = np.empty(runners)
    for at in range(runners):
        logs[at] = log(min(max(inverse[at], SMALLEST_INVERSE), LARGEST_INVERSE))
    target, exponent = log(total), 1.0
    for _ in range(POWER_STEPS):
        mass = slope = 0.0
        for each in logs:
            raised = exp(each * exponent)
            mass += raised
            slope += raised * each
        change = (log(mass) - target) * mass / slope
        exponent -= change
        if abs(change) < POWER_CHANGE:
            break
    for at in range(runners):
        chances[at] = exp(logs[at] * exponent)
    scale(chances, total)
    for at in range(runners):
        chances[at] = min(chances[at], 1.0)


def power(inverse_prices: Floats, total: float = 1.0) -> Floats:
    """Probabilities p = q**k, with k for each race such that they sum to `total`.

    Takes and gives (batch, runners); inverse prices are clipped into [1e-9, 0.999]. `total` is the number
    of winners: 1 for a win book, k for a place book; with no more runners than winners all are 1.
    Source: the power method of Vovk and Zhdanov (2009), "Prediction with expert advice for the Brier game",
    JMLR 10; Clarke, Kovalchik and Ingram (2017), "Adjusting bookmaker's odds to allow for overround".
    """
    prices = np.array(inverse_prices, dtype=np.float64, order="C")
    chances = np.empty_like(prices)
    _power_rows(prices, float(total), chances)
    return chances


@compiled()
def _power_rows(inverse: Floats, total: float, chances: Floats) -> None:
    for race in range(len(inverse)):
        power_of(inverse[race], total, chances[race])


@compiled()
def shin_of(inverse: Floats, chances: Floats) -> float:
    """`shin` of one race into `chances` (runners,); returns z."""
    book = 0.0
    for price in inverse:
        book += price
    z = 0.0
    for _ in range(SHIN_STEPS):
        mass = slope = 0.0
        for price in inverse:
            share = price * price / book
            root = sqrt(z * z + 4.0 * (1.0 - z) * share)
            # 2c / (root + z) is p without its division by 1 - z.
            chance = 2.0 * share / (root + z)
            mass += chance
            slope += chance * (1.0 + (z - 2.0 * share) / root) / (root + z)
        z = min(max(z + (mass - 1.0) / slope, 0.0), 1.0)
    for at in range(len(inverse)):
        share = inverse[at] * inverse[at] / book
        chances[at] = 2.0 * share / (sqrt(z * z + 4.0 * (1.0 - z) * share) + z)
    scale(chances, 1.0)
    return z


def shin(inverse_prices: Floats) -> tuple[Floats, Floats]:
    """Shin's probabilities (batch, runners) and his z (batch,), the share of money bet by insiders.

    z solves sum(p) = 1 for p = (sqrt(z**2 + 4 (1 - z) q**2 / sum(q)) - z) / (2 (1 - z)). An underround book
    has no such z: z is 0 then and the probabilities are proportional. Inverse prices are in (0, 1).
    Source: Shin (1992, 1993), Economic Journal 102 and 103, in the form of Jullien and Salanie (1994),
    "Measuring the incidence of insider trading: a comment on Shin", Economic Journal 104.
    """
    prices = np.array(inverse_prices, dtype=np.float64, order="C")
    chances, insiders = np.empty_like(prices), np.empty(len(prices))
    for at, row in enumerate(prices):
        insiders[at] = shin_of(row, chances[at])
    return chances, insiders


def proportional(inverse_prices: Floats, total: float = 1.0) -> Floats:
    """Scale each row of (batch, runners) inverse prices, all > 0, to sum to `total`: the plain baseline."""
    chances = np.array(inverse_prices, dtype=np.float64, order="C")
    for row in chances:
        scale(row, total)
    return chances
