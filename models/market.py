"""The first models: what a win market, or a place market alone, says of every runner."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from types import ModuleType
from typing import ClassVar

import numpy as np

from models import confidence, overround, places, quotes
from models.compiled import compiled
from models.confidence import confidence_of
from models.interface import MarketBatch, Scores
from models.layout import Counts, Floats
from models.movement import movement_of
from models.overround import power_of, scale
from models.places import DISCOUNTED, SMALLEST_WEIGHT, finish_of
from models.quotes import BACK_SIZE, books_of, consensus_of

FIT_STEPS = 16
SMALLEST_CHANCE = 1e-5  # nearer to certain, rounding would lead the fit
FIT_PACE = 0.75  # of the odds ratio between the place book and its fit, taken in one step


@compiled()
def _odds(chance: float) -> float:
    bounded = min(max(chance, SMALLEST_CHANCE), 1.0 - SMALLEST_CHANCE)
    return bounded / (1.0 - bounded)


@compiled()
def win_of_place_book(inverse: Floats, paid: int, win: Floats) -> None:
    """`win_from_place_book` of one race into `win` (runners,)."""
    runners = len(inverse)
    power_of(inverse, 1.0, win)
    if paid == 1 or paid >= runners:
        return
    wanted, fitted = np.empty(runners), np.empty(runners)
    power_of(inverse, float(paid), wanted)
    for _ in range(FIT_STEPS):
        finish_of(win, paid, DISCOUNTED, fitted)
        for at in range(runners):
            raised: float = (_odds(wanted[at]) / _odds(fitted[at])) ** FIT_PACE
            win[at] = max(win[at] * raised, SMALLEST_WEIGHT)
        scale(win, 1.0)


ROWS = "float64[:,::1]"


@compiled(
    f"Tuple(({ROWS}, {ROWS}, float64[::1], float64[::1], {ROWS}, float64[:,:,::1]))"
    "(float64[:,:,::1], float64[:,:,::1], int64[::1], float64[::1], boolean)"
)
def _score(
    books: Floats, past: Floats, paid: Counts, ages: Floats, of_places: bool
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """Fields of a block's Scores, race after race; `books` (batch, 6, runners) of win or place markets."""
    races, _, runners = books.shape
    win, place, price = np.empty((races, runners)), np.empty((races, runners)), np.empty((races, runners))
    over, trust, moves = np.empty(races), np.empty(races), np.empty(past.shape)
    inverse, spread, priced = np.empty(runners), np.empty(runners), np.empty(runners, np.bool_)
    for race in range(races):
        winners = float(paid[race]) if of_places else 1.0
        consensus_of(books[race], winners, inverse, priced, spread)
        if of_places:
            win_of_place_book(inverse, paid[race], win[race])
        else:
            power_of(inverse, 1.0, win[race])
        finish_of(win[race], paid[race], DISCOUNTED, place[race])
        trust[race] = confidence_of(inverse, priced, spread, books[race, BACK_SIZE:], ages[race])
        total = 0.0
        for at in range(runners):
            total += inverse[at]
            price[race, at] = 1.0 / inverse[at] if priced[at] else 0.0
        over[race] = total - winners
        movement_of(price[race], past[race], moves[race])
    return win, place, over, trust, price, moves


@dataclass(frozen=True, slots=True)
class MarketModel:
    """Reads a win market: consensus prices, power method, discounted Harville for the places."""

    name: ClassVar[str] = "market"

    @property
    def version(self) -> str:
        """The method and, as a short hash, its constants."""
        return _version("market-power-2")

    def score(self, batch: MarketBatch) -> Scores:
        """Score each race on its own: the same bits alone and in any batch."""
        return _scores(batch, False)


@dataclass(frozen=True, slots=True)
class PlaceMarketModel:
    """Reads a market on the places alone: every price of the batch is for finishing within `places`."""

    name: ClassVar[str] = "place-market"

    @property
    def version(self) -> str:
        """The method and, as a short hash, its constants."""
        return _version("place-market-power-2")

    def score(self, batch: MarketBatch) -> Scores:
        """Score each race on its own: the same bits alone and in any batch.

        `place` is what the fitted `win` implies, so that the two agree; it comes within 3e-5 of the book's
        own place probability (measured on books from 1.02 to 100, 4 to 14 runners, 2 to 4 places).
        """
        return _scores(batch, True)


def win_from_place_book(inverse_prices: Floats, paid: int) -> Floats:
    """Win probabilities (batch, runners) whose chances to finish within `paid` match a place book.

    The book's place probabilities t are the power method's at total `paid`. From the book read as a win
    book, each of 16 steps multiplies win by (t (1 - f) / (f (1 - t)))**0.75, f being the place chance fitted
    so far, and scales rows to 1: proportional fitting (Deming and Stephan 1940, Annals of Mathematical
    Statistics 11), on odds because a strong favourite's place chance hardly answers to its win chance.
    """
    prices = np.array(inverse_prices, dtype=np.float64, order="C")
    win = np.empty_like(prices)
    for row, answer in zip(prices, win, strict=True):
        win_of_place_book(row, paid, answer)
    return win


def _scores(batch: MarketBatch, of_places: bool) -> Scores:
    past = np.array(batch.past, dtype=np.float64, order="C")
    paid = np.array(batch.places, dtype=np.int64, order="C")
    ages = np.array(batch.age_seconds, dtype=np.float64, order="C")
    return Scores(*_score(books_of(batch), past, paid, ages, of_places))


@cache
def _version(method: str) -> str:
    """The method with a hash of every constant of the modules that it is made of."""
    parts = (overround, places, quotes, confidence)
    constants = [(part.__name__, name, value) for part in parts for name, value in _constants(part)]
    constants += [(__name__, "FIT", (FIT_STEPS, FIT_PACE, SMALLEST_CHANCE))]
    return f"{method}-{sha256(repr(constants).encode()).hexdigest()[:8]}"


def _constants(module: ModuleType) -> list[tuple[str, object]]:
    return sorted((name, value) for name, value in vars(module).items() if name.isupper())
