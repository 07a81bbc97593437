"""Remove the overround: probabilities that sum to a total, from inverse decimal prices."""

from math import log

import numpy as np

from models.layout import Floats, as_columns, as_rows, sum_runners

POWER_STEPS = 10
SHIN_STEPS = 24
SMALLEST_INVERSE = 1e-9
LARGEST_INVERSE = 0.999  # no market offers less than 1.001; nearer to 1 the steps would not do


def proportional(inverse_prices: Floats, total: float = 1.0) -> Floats:
    """Scale each row of (batch, runners) inverse prices, all > 0, to sum to `total`: the plain baseline."""
    columns = as_columns(inverse_prices)
    return as_rows(columns * (total / sum_runners(columns)), inverse_prices.shape[0])


def power(inverse_prices: Floats, total: float = 1.0) -> Floats:
    """Probabilities p = q**k, with k for each race such that they sum to `total`.

    Takes and gives (batch, runners); inverse prices are clipped into [1e-9, 0.999]. `total` is the number
    of winners: 1 for a win book, k for a place book; with no more runners than winners all are 1.
    Source: the power method of Vovk and Zhdanov (2009), "Prediction with expert advice for the Brier game",
    JMLR 10; Clarke, Kovalchik and Ingram (2017), "Adjusting bookmaker's odds to allow for overround".
    """
    return as_rows(power_columns(as_columns(inverse_prices), total), inverse_prices.shape[0])


def power_columns(inverse_prices: Floats, total: float = 1.0) -> Floats:
    """`power` on (runners, lanes).

    Newton's method on log(sum(q**k)) = log(total), which is convex and falls in k: after its first step it
    comes to the root from one side, for underround books too. Every lane takes the same number of steps.
    """
    if inverse_prices.shape[0] <= total:
        return np.ones_like(inverse_prices)
    logs = np.log(np.minimum(np.maximum(inverse_prices, SMALLEST_INVERSE), LARGEST_INVERSE))
    target = log(total)
    exponent = np.ones(logs.shape[1])
    both = np.empty((2, *logs.shape))
    powers: Floats = both[0]
    slopes: Floats = both[1]
    for _ in range(POWER_STEPS):
        np.exp(np.multiply(logs, exponent, out=powers), out=powers)
        np.multiply(powers, logs, out=slopes)
        mass, slope = np.add.reduce(both, axis=1)
        exponent -= (np.log(mass) - target) * mass / slope
    np.exp(np.multiply(logs, exponent, out=powers), out=powers)
    powers *= total / sum_runners(powers)
    return np.minimum(powers, 1.0, out=powers)


def shin(inverse_prices: Floats) -> tuple[Floats, Floats]:
    """Shin's probabilities (batch, runners) and his z (batch,), the share of money bet by insiders.

    z solves sum(p) = 1 for p = (sqrt(z**2 + 4 (1 - z) q**2 / sum(q)) - z) / (2 (1 - z)). An underround book
    has no such z: z is 0 then and the probabilities are proportional. Inverse prices are in (0, 1).
    Source: Shin (1992, 1993), Economic Journal 102 and 103, in the form of Jullien and Salanie (1994),
    "Measuring the incidence of insider trading: a comment on Shin", Economic Journal 104.
    """
    prices = as_columns(inverse_prices)
    shares = prices * prices / sum_runners(prices)
    z: Floats = np.zeros(prices.shape[1])
    for _ in range(SHIN_STEPS):
        root = np.sqrt(z * z + 4.0 * (1.0 - z) * shares)
        # 2c / (root + z) is p without its division by 1 - z.
        chances = 2.0 * shares / (root + z)
        slope = sum_runners(chances * (1.0 + (z - 2.0 * shares) / root) / (root + z))
        z = np.minimum(np.maximum(z + (sum_runners(chances) - 1.0) / slope, 0.0), 1.0)
    chances = 2.0 * shares / (np.sqrt(z * z + 4.0 * (1.0 - z) * shares) + z)
    batch = inverse_prices.shape[0]
    return as_rows(chances / sum_runners(chances), batch), z[:batch].copy()
