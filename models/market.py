"""The first models: what a win market, or a place market alone, says of every runner."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from types import ModuleType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models import confidence, overround, places, quotes
from models.confidence import market_confidence
from models.interface import MarketBatch, Scores
from models.layout import Floats, as_lanes, as_rows, sum_runners
from models.movement import movement
from models.overround import power, power_columns
from models.places import finish_within
from models.quotes import Quotes, book_columns, consensus_columns

FIT_STEPS = 16
SMALLEST_CHANCE = 1e-5  # nearer to certain, rounding would lead the fit
FIT_PACE = 0.75  # of the odds ratio between the place book and its fit, taken in one step


@dataclass(frozen=True, slots=True)
class MarketModel:
    """Reads a win market: consensus prices, power method, discounted Harville for the places."""

    name: ClassVar[str] = "market"

    @property
    def version(self) -> str:
        """The method and, as a short hash, its constants."""
        return _version("market-power-1")

    def score(self, batch: MarketBatch) -> Scores:
        """Score each race on its own: the same bits alone and in any batch."""
        book = book_columns(batch)
        read = consensus_columns(book)
        win = as_rows(power_columns(read.inverse), len(batch.places))
        return _scores(batch, book, read, win, 1.0)


@dataclass(frozen=True, slots=True)
class PlaceMarketModel:
    """Reads a market on the places alone: every price of the batch is for finishing within `places`."""

    name: ClassVar[str] = "place-market"

    @property
    def version(self) -> str:
        """The method and, as a short hash, its constants."""
        return _version("place-market-power-1")

    def score(self, batch: MarketBatch) -> Scores:
        """Score each race on its own: the same bits alone and in any batch.

        `place` is what the fitted `win` implies, so that the two agree; it comes within 3e-5 of the book's
        own place probability (measured on books from 1.02 to 100, 4 to 14 runners, 2 to 4 places).
        """
        winners = batch.places.astype(np.float64)
        book = book_columns(batch)
        read = consensus_columns(book, as_lanes(winners))
        win = by_places(win_from_place_book, as_rows(read.inverse, len(winners)), batch.places)
        return _scores(batch, book, read, win, winners)


def win_from_place_book(inverse_prices: Floats, paid: int) -> Floats:
    """Win probabilities (batch, runners) whose chances to finish within `paid` match a place book.

    The book's place probabilities t are the power method's at total `paid`. From the book read as a win
    book, each of 16 steps multiplies win by (t (1 - f) / (f (1 - t)))**0.75, f being the place chance fitted
    so far, and scales rows to 1: proportional fitting (Deming and Stephan 1940, Annals of Mathematical
    Statistics 11), on odds because a strong favourite's place chance hardly answers to its win chance.
    """
    target = power(inverse_prices, paid)
    win = power(inverse_prices)
    if paid == 1 or paid >= win.shape[1]:
        return win
    wanted = _odds(target)
    for _ in range(FIT_STEPS):
        win = win * (wanted / _odds(finish_within(win, paid))) ** FIT_PACE
        win = overround.proportional(np.maximum(win, places.SMALLEST_WEIGHT))
    return win


def by_places(compute: Callable[[Floats, int], Floats], rows: Floats, paid: NDArray[np.int64]) -> Floats:
    """Apply `compute(rows, places)` to (batch, runners) rows, grouped by the places each race pays."""
    if (paid == paid[:1]).all():
        return compute(rows, int(paid[0]))
    answer = np.empty_like(rows)
    for each in np.unique(paid):
        chosen = paid == each
        answer[chosen] = compute(rows[chosen], int(each))
    return answer


def _odds(chances: Floats) -> Floats:
    bounded = np.minimum(np.maximum(chances, SMALLEST_CHANCE), 1.0 - SMALLEST_CHANCE)
    odds: Floats = bounded / (1.0 - bounded)
    return odds


def _scores(batch: MarketBatch, book: Floats, read: Quotes, win: Floats, winners: float | Floats) -> Scores:
    """What both models derive alike from the quotes and the win probabilities."""
    races = len(batch.places)
    price = as_rows(read.priced / read.inverse, races)
    return Scores(
        win=win,
        place=by_places(finish_within, win, batch.places),
        overround=sum_runners(read.inverse)[:races] - winners,
        confidence=market_confidence(read, book[3:], as_lanes(batch.age_seconds))[:races].copy(),
        price=price,
        movement=movement(price, batch.past),
    )


@cache
def _version(method: str) -> str:
    """The method with a hash of every constant of the modules that it is made of."""
    parts = (overround, places, quotes, confidence)
    constants = [(part.__name__, name, value) for part in parts for name, value in _constants(part)]
    constants += [(__name__, "FIT", (FIT_STEPS, FIT_PACE, SMALLEST_CHANCE))]
    return f"{method}-{sha256(repr(constants).encode()).hexdigest()[:8]}"


def _constants(module: ModuleType) -> list[tuple[str, object]]:
    return sorted((name, value) for name, value in vars(module).items() if name.isupper())
