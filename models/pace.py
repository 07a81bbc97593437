"""How a race will be run: who leads, where each runs at the calls, and who profits."""

from dataclasses import dataclass

import numpy as np

from models.compiled import compiled
from models.layout import Floats

CALLS = ("early", "middle", "late", "finish")

SHARPNESS = 6.0
"""Log-odds of being in front early that a whole field's difference in running style is worth."""

FADES = (1.0, 0.75, 0.35, 0.0)
"""How much of a call is early speed; the rest is ability."""

LEAST = 500.0
"""Log-odds behind the likeliest, beyond which a runner's weight at a call falls no further."""

CONTESTED = 1.6
"""Runners with early speed, weighted by it, beyond which the lead is contested."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A projection over the runners still in, in their order."""

    positions: Floats
    """Expected position at each of CALLS, from 1, (runners, 4)."""
    weights: Floats
    """Log of each runner's weight at each call, (4, runners)."""
    lead: Floats
    """Chance to lead early, (runners,); sums to 1."""
    pressure: float
    """How many runners want the lead: above CONTESTED they tire each other."""

    @property
    def speeds(self) -> Floats:
        """Early speed, 0.5 for who is always in front and -0.5 at the back, 0 where unknown, (runners,)."""
        speeds: Floats = self.weights[0] / (FADES[0] * SHARPNESS)
        return speeds

    def spreads(self) -> Floats:
        """Standard deviation of the position at each call, (runners, 4), exact under Plackett and Luce.

        The variance of the number before i sums P(j and k before i) - P(j before i) P(k before i) over all j
        and k; of three, W the sum of their weights, j and k are before i with
        w_j / W w_k / (w_i + w_k) + w_k / W w_j / (w_i + w_j).
        """
        return np.column_stack([_spread(weights) for weights in self.weights])


def project(forward: Floats, ability: Floats) -> Pace:
    """The pace from usual early standing (0 in front, 1 at the back, NaN unknown) and log-odds of winning.

    At each call positions follow Plackett and Luce: runner j is before i with w_j / (w_i + w_j), so the
    expected position is 1 plus the sum of these over the others, in closed form. `w` goes from early speed
    to ability over the calls.
    """
    runners = len(forward)
    positions, lead = np.empty((runners, len(FADES))), np.empty(runners)
    logs = np.empty((len(FADES), runners))
    pressure = _project(forward, ability, logs, positions, lead)
    return Pace(positions, logs, lead, pressure)


def _spread(log_weights: Floats) -> Floats:
    w = np.exp(np.clip(log_weights - log_weights.max(), -30.0, 0.0))
    before = w[None, :] / (w[:, None] + w[None, :])
    np.fill_diagonal(before, 0.0)
    # First j, then k before i: [i, j, k]. Whatever has an index twice is no three runners.
    first = w[None, :, None] / (w[:, None, None] + w[None, :, None] + w[None, None, :]) * before[:, None, :]
    runners = np.arange(len(w))
    first[runners, runners, :] = 0.0
    first[:, runners, runners] = 0.0
    mean = before.sum(axis=1)
    variance = 2.0 * first.sum(axis=(1, 2)) + mean - mean**2
    found: Floats = np.sqrt(np.maximum(variance, 0.0))
    return found


@compiled()
def _project(forward: Floats, ability: Floats, logs: Floats, positions: Floats, lead: Floats) -> float:
    """Fill the arrays of `Pace`, and give its pressure; each sum is over the runners in order."""
    middle, pressure = ability.sum() / max(len(ability), 1), 0.0
    for runner in range(len(forward)):
        speed = 0.5 - forward[runner] if np.isfinite(forward[runner]) else 0.0
        pressure += max(2.0 * speed, 0.0)
        for call in range(len(FADES)):
            fade = FADES[call]
            logs[call, runner] = fade * SHARPNESS * speed + (1.0 - fade) * (ability[runner] - middle)
    for call in range(len(FADES)):
        weights = np.exp(np.maximum(logs[call] - logs[call].max(), -LEAST))
        for runner in range(len(weights)):
            before = 1.0
            for other in range(len(weights)):
                if other != runner:
                    before += weights[other] / (weights[runner] + weights[other])
            positions[runner, call] = before
    lead[:] = np.exp(logs[0] - logs[0].max())
    lead /= lead.sum()
    return pressure


def in_words(pace: Pace, names: list[str]) -> str:
    """The projection in one or two sentences; `names` in the runners' order."""
    if len(names) < 2:
        return ""
    order = np.argsort(-pace.lead, kind="stable").tolist()
    first, second = order[0], order[1]
    opening = f"{names[first]} is likely to lead ({pace.lead[first]:.0%})"
    if pace.lead[first] < 1.5 * pace.lead[second]:
        opening = f"{names[first]} and {names[second]} dispute the lead"
    gains = pace.positions[:, 0] - pace.positions[:, 3]
    closer = int(np.argmax(gains))
    if pace.pressure > CONTESTED and gains[closer] > 1.0:
        return f"{opening}; a contested pace that suits {names[closer]} from behind."
    return f"{opening}; {'a strong' if pace.pressure > CONTESTED else 'an even'} pace."
