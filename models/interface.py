"""What a model takes and gives: a batch of races with the same number of runners, and its scores."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.layout import Floats


@dataclass(frozen=True, slots=True)
class MarketBatch:
    """The market of each race at one scoring point; (batch, runners) float64 unless said, 0.0 where absent.

    Only runners still in the race stand here, and every race has the same number of them, at least one: no
    padding. A batch has at least one race. Prices are decimal; sizes and `traded` (on this runner) are money
    in the market's currency. `past` (batch, runners, 3) is the consensus price 1, 5 and 30 minutes earlier.
    `places` (batch,) is the number of places paid, 1 to 4. `age_seconds` (batch,) is the event time of the
    point minus that of the last price.
    """

    back: Floats
    back_size: Floats
    lay: Floats
    lay_size: Floats
    last: Floats
    traded: Floats
    past: Floats
    places: NDArray[np.int64]
    age_seconds: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """What a model believes; (batch, runners) float64 unless said.

    `win` rows sum to 1 and `place` rows to min(places, runners), each within 1e-9. `overround` (batch,) is
    the sum of the inverse prices minus 1, or minus the number of winners of a place market; a runner without
    a price counts with the share it was given. `confidence` (batch,) is in [0, 1]. `price` is the consensus
    decimal price, 0.0 where there is none. `movement` (batch, runners, 3) is the natural log of price over
    past price, NaN where either is unknown.
    """

    win: Floats
    place: Floats
    overround: Floats
    confidence: Floats
    price: Floats
    movement: Floats


class Model(Protocol):
    """Scores races: a pure function, each race on its own, the same bits alone and in any batch."""

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def version(self) -> str:
        """Its method and its constants, by content."""

    def score(self, batch: MarketBatch) -> Scores:
        """Score each race of the batch."""
