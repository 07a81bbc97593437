"""Trains the guide's model from fields with their outcome: weights, ranges and honest figures beside them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import json

from models.guide.features import FEATURES
from models.guide.logit import chances, fit
from models.guide.model import FORMAT, Artefact
from models.layout import Floats

RIDGE = 0.005
RESIDUAL_RIDGE = 0.1
JUDGED_SHARE = 0.25
"""The last races are kept from the fit and judged; the shipped weights are those that were judged."""


class Sample(NamedTuple):
    """One race: features (runners, FEATURES), who won, and the market's chances at the off."""

    features: Floats
    won: list[bool]
    public: list[float]


def train(samples: Sequence[Sample], trained_on: str) -> bytes:
    """The artefact's bytes; the same for the same samples. Needs at least 100 races."""
    cut = round(len(samples) * (1.0 - JUDGED_SHARE))
    learning, judged = _Table(samples[:cut]), _Table(samples[cut:])
    spread = learning.features.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    scaled = learning.features / scale
    low, high = np.percentile(scaled, (0.5, 99.5), axis=0)
    within = np.clip(scaled, low, high)
    weights = fit(within, learning.won, learning.starts, ridge=RIDGE)
    columns = np.column_stack((np.log(learning.public), within))
    # The public's log-odds are not drawn to 0 but to 1: what is fitted is how far its weight is from 1.
    both = fit(columns, learning.won, learning.starts, ridge=RESIDUAL_RIDGE, offset=np.log(learning.public))
    market_weight, residual = 1.0 + float(both[0]), both[1:]
    seen = np.clip(judged.features / scale, low, high)
    log_public = np.log(judged.public)
    losses = {
        "uniform": judged.loss(np.zeros(len(seen))),
        "public": judged.loss(log_public),
        "fundamental": judged.loss(seen @ weights),
        "combined": judged.loss(market_weight * log_public + seen @ residual),
    }
    return json.format(
        json.encode(
            Artefact(
                FORMAT, FEATURES, _kept(scale), _kept(low), _kept(high), _kept(weights), _kept(residual),
                round(market_weight, 6), trained_on, cut, {k: round(v, 4) for k, v in losses.items()},
            )
        ),
        indent=1,
    ) + b"\n"  # fmt: skip


def _kept(numbers: Floats) -> tuple[float, ...]:
    return tuple(round(float(number), 6) for number in numbers)


class _Table:
    """Races one under the other."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.features = np.concatenate([sample.features for sample in samples])
        self.won = np.array([won for sample in samples for won in sample.won])
        self.public = np.array([chance for sample in samples for chance in sample.public])
        self.starts = np.cumsum([0, *(len(sample.won) for sample in samples[:-1])])

    def loss(self, log_odds: Floats) -> float:
        """Mean log-loss a race, of the winner's chance."""
        return float(-np.log(chances(log_odds, self.starts)[self.won]).mean())
