"""What form makes of the runners still in, and how it is put together with the market at each price."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, isfinite, log
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.form.facts import RaceFacts
from models.layout import Floats
from models.pace import Pace

SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Belief:
    """All that depends on form only, over the runners still in, in the card's order.

    It is made once for a field, a going and a form; on a price only `combine` is done.
    """

    fundamental: list[float]
    """Chances by form alone; sum to 1."""
    known: list[bool]
    """Runners with form; the others keep the public's chance."""
    market_weight: float
    """What the public's log-odds count."""
    residual: list[float]
    """Log-odds that form adds to them; 0 where there is no form."""
    names: tuple[str, ...]
    """Name of each contribution."""
    contributions: Floats
    """Log-odds above the field's mean by part, (runners, parts): they sum to the fundamental's."""
    pace: Pace
    strays: int = 0
    """Runners with a feature outside the range that the model was trained on; it was drawn into it."""


class FormModel(Protocol):
    """Reads one feature set; immutable, named by its content."""

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def version(self) -> str:
        """Its content."""

    @property
    def data(self) -> bytes:
        """The artefact, as JSON."""

    @property
    def card(self) -> Mapping[str, object]:
        """What it was trained on, `trained_on`, and how it was judged, `log_loss` by sample."""

    @property
    def feature_set(self) -> str:
        """The values that it reads."""

    @property
    def words(self) -> dict[str, str]:
        """Each contribution in words."""

    def believe(
        self, facts: RaceFacts, columns: list[str], values: Floats, active: NDArray[np.intp]
    ) -> Belief:
        """What form says; `values` (runners, columns) with NaN for unknown, `active` the runners still in."""


def combine(belief: Belief, public: list[float], priced: bool) -> list[float]:
    """Win chances of both together, summing to 1.

    Without any price form speaks alone. With prices the chances are the softmax of (market weight) log q +
    residual, over the runners with form, which share what the public gives to them all: a runner without
    form keeps the public's chance.
    """
    if not priced:
        return belief.fundamental
    known = belief.known
    if sum(known) < 2:
        return public
    weights = [
        exp(belief.market_weight * log(max(q, SMALLEST)) + r) if k else 0.0
        for q, r, k in zip(public, belief.residual, known, strict=True)
    ]
    mass = sum(weights)
    share = sum(q for q, k in zip(public, known, strict=True) if k) / mass if mass > 0.0 else 0.0
    if not (mass > 0.0 and isfinite(mass)):
        return public
    mixed = [w * share if k else q for w, q, k in zip(weights, public, known, strict=True)]
    total = sum(mixed)
    return [chance / total for chance in mixed]


def softmax(log_odds: list[float]) -> list[float]:
    """Chances of log-odds, summing to 1."""
    top = max(log_odds)
    weights = [exp(each - top) for each in log_odds]
    total = sum(weights)
    return [weight / total for weight in weights]
