"""What form makes of the runners still in, and how it is put together with the market at each price."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import exp, isfinite, log
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.form.facts import RaceFacts
from models.layout import Floats
from models.pace import Pace
from models.places import DISCOUNTED, Exponents

SMALLEST = 1e-12


@dataclass(frozen=True)
class Explanation:
    """Contributions, worked out once they are asked for: beliefs made of one another share it."""

    work: Callable[[], Floats]

    @cached_property
    def contributions(self) -> Floats:
        """As `Belief.contributions`."""
        return self.work()


@dataclass(frozen=True, slots=True)
class Belief:
    """All that depends on form only, over the runners still in, in the card's order.

    It is made once for a field, a going and a form; on a price only `combine` is done.
    """

    fundamental: list[float]
    """Chances by form alone; sum to 1."""
    known: list[bool]
    """Runners with form of their own."""
    judged: list[bool]
    """Runners whose chance form moves; the others keep the public's."""
    market_weight: float
    """What the public's log-odds count."""
    residual: list[float]
    """Log-odds that form adds to them; 0 where there is no form."""
    names: tuple[str, ...]
    """Name of each contribution."""
    explain: Explanation = field(repr=False)
    """Works the contributions out: nothing in a chance waits for them."""
    pace: Pace
    strays: list[bool]
    """Runners with features outside the range that the model was trained on, which were drawn into it."""
    exponents: Exponents = DISCOUNTED
    """Those of the places that follow, and their bends (`models.places`), as fitted for the jurisdiction."""
    of_shares: bool = False
    """Whether that is of the market's shares, inverse prices scaled to sum to 1, and not of its chances."""

    @property
    def contributions(self) -> Floats:
        """Log-odds above the field's mean by part, (runners, parts): they sum to the fundamental's."""
        return self.explain.contributions


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
        """The artefact, or what its files are, as JSON."""

    @property
    def jurisdiction(self) -> str:
        """Whose races it is for; empty: any."""

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
        self, facts: RaceFacts, columns: Sequence[str], values: Floats, active: NDArray[np.intp]
    ) -> Belief:
        """What form says; `values` (runners, columns) with NaN for unknown, `active` the runners still in."""


def weight_of(belief: Belief, exponent: float) -> float:
    """What the log-odds of the public's chances count; `exponent` is that of `exponent_of`."""
    return belief.market_weight / exponent if belief.of_shares else belief.market_weight


def combine(
    belief: Belief,
    public: list[float],
    priced: bool,
    exponent: float = 1.0,
    factors: tuple[float, float] = (1.0, 1.0),
) -> list[float]:
    """Win chances of both together, summing to 1; `exponent` is that of `exponent_of`.

    Without any price form speaks alone. With prices the chances are the softmax of (market weight) log q +
    residual, each times its part of `factors` (`models.market_weight`), over the runners that form judges,
    which share what the public gives to them all: the others
    keep the public's chance. Where all are judged that is the softmax itself.
    """
    if not priced:
        return belief.fundamental
    judged = belief.judged
    if sum(judged) < 2:
        return public
    weight, form = factors[0] * weight_of(belief, exponent), factors[1]
    weights = [
        exp(weight * log(max(q, SMALLEST)) + form * r) if k else 0.0
        for q, r, k in zip(public, belief.residual, judged, strict=True)
    ]
    mass = sum(weights)
    share = sum(q for q, k in zip(public, judged, strict=True) if k) / mass if mass > 0.0 else 0.0
    if not (mass > 0.0 and isfinite(mass)):
        return public
    mixed = [w * share if k else q for w, q, k in zip(weights, public, judged, strict=True)]
    total = sum(mixed)
    return [chance / total for chance in mixed]


def exponent_of(public: list[float], prices: list[float]) -> float:
    """The power k that made a win market's chances of its shares: chance = (1 / price) ** k; 1 if unknown.

    `prices` are decimal, 0.0 where there is none. What is fitted on shares is so told the share's log-odds,
    those of the chance divided by k.
    """
    price, chance = max(zip(prices, public, strict=True))
    return -log(chance) / log(price) if price > 1.0 and 0.0 < chance < 1.0 else 1.0


def softmax(log_odds: list[float]) -> list[float]:
    """Chances of log-odds, summing to 1."""
    top = max(log_odds)
    weights = [exp(each - top) for each in log_odds]
    total = sum(weights)
    return [weight / total for weight in weights]
