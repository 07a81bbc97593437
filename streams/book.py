"""Prices of one market of a race: a fold over OddsUpdates, with closing prices by the minute."""

from array import array
from collections.abc import Iterable

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from models import MarketBatch, consensus
from models.movement import HORIZONS_MINUTES
from schemas.identity import MICROS
from schemas.records import MarketType, OddsUpdate, Pool, RunnerPrice

BAR_SECONDS = 60
BAR_MICROS = BAR_SECONDS * MICROS
MAX_BARS = 120
LAST, BACK, BACK_SIZE, LAY, LAY_SIZE, TRADED = range(6)
WIDTH = 6
"""Numbers a runner: last, back, its size, lay, its size, traded. 0.0 is none."""

EMPTY_ROW = array("d", bytes(8 * WIDTH))
LONGEST_PRICE = 1000.0
MOST_MONEY = 1e12


class Bar(Struct):
    """Closing prices of a minute by runner, 0.0 where there is none.

    `rows` are the quotes at the close for as long as nobody has asked for their prices: see `settle`.
    """

    minute: int
    prices: list[float] = field(default_factory=list)
    rows: bytes = b""
    places: int = 1


class Book(Struct):
    """One market as one source states it. `quotes` holds WIDTH numbers a runner, in order of appearance."""

    source: str
    market_id: str
    market_type: MarketType
    pool: Pool
    places: int | None = None
    watermark: tuple[int, int] = (0, 0)
    priced_at: int = 0
    """Event time of the last price before the off, in microseconds."""
    index: dict[str, int] = field(default_factory=dict)
    quotes: array = field(default_factory=lambda: array("d"))  # type: ignore[type-arg]  # generic from 3.12 on
    priced: bool = False
    minute: int = 0
    bars: list[Bar] = field(default_factory=list)
    past: list[Bar | None] = field(default_factory=lambda: [None] * len(HORIZONS_MINUTES))
    """The bars that the present minute is compared with, one a horizon."""
    starting_prices: dict[str, float] = field(default_factory=dict)
    in_play: dict[str, float] = field(default_factory=dict)
    projected: tuple[float, ...] = ()
    """Projected starting prices as in `index`, 0.0 where there is none; may be shorter.

    Replaced and never changed, so that points can hold on to it.
    """

    def row(self, runner_id: str) -> int:
        """Where the runner's numbers start in `quotes`; makes room for one not seen before."""
        at = self.index.get(runner_id)
        if at is None:
            at = self.index[runner_id] = len(self.index)
            self.quotes.extend(EMPTY_ROW)
        return at * WIDTH


def asked(book: Book) -> int:
    """Which of a runner's numbers is the price that a bet gets: on an exchange the best offer to back."""
    return BACK if book.pool == "EXCHANGE" else LAST


def fold_odds(book: Book, event: OddsUpdate) -> None:
    """Take in an update that is later than the book's watermark; the caller has seen to that."""
    if event["in_play"]:
        for price in event["runners"]:
            _after_off(book, price)
        return
    minute = event["event_time"] // BAR_MICROS
    if minute > book.minute:
        roll(book, minute)
    book.priced_at = event["event_time"]
    book.places = event["places"]
    if event["image"]:
        _clear(book)
    for price in event["runners"]:
        _set(book, price)
    _project(book, event["runners"])


def _project(book: Book, prices: list[RunnerPrice]) -> None:
    """Take in projected starting prices: with all orders of now, or failing that with those at it alone."""
    found = [_price(p["near_starting_price"]) or _price(p["far_starting_price"]) for p in prices]
    if not book.projected and not any(found):
        return
    projected = [*book.projected, *[0.0] * (len(book.index) - len(book.projected))]
    for price, value in zip(prices, found, strict=True):
        projected[book.index[price["runner_id"]]] = value
    book.projected = tuple(projected)


def _set(book: Book, price: RunnerPrice) -> None:
    at = book.row(price["runner_id"])
    last, back, lay = _price(price["last"]), _price(price["back"]), _price(price["lay"])
    back_size = _money(price["back_size"]) if back else 0.0
    lay_size = _money(price["lay_size"]) if lay else 0.0
    book.quotes[at : at + WIDTH] = array("d", (last, back, back_size, lay, lay_size, _money(price["traded"])))
    if not book.priced and (last or back or lay):
        book.priced = True


def _after_off(book: Book, price: RunnerPrice) -> None:
    if starting := _price(price["starting_price"]):
        book.starting_prices[price["runner_id"]] = starting
    if last := _price(price["last"]):
        book.in_play[price["runner_id"]] = last


def _price(value: float | None) -> float:
    """Decimal odds above 1 and at most 1000; whatever else a producer wrote is no price."""
    return value if value is not None and 1.0 < value <= LONGEST_PRICE else 0.0


def _money(value: float | None) -> float:
    return value if value is not None and 0.0 < value < MOST_MONEY else 0.0


def _clear(book: Book) -> None:
    book.quotes[:] = array("d", bytes(8 * len(book.quotes)))
    book.projected = ()


def roll(book: Book, minute: int) -> None:
    """Close the bar of the minute that has gone and look up what `minute` is compared with."""
    if book.minute and book.index:
        book.bars.append(Bar(book.minute, rows=book.quotes.tobytes(), places=book.places or 1))
        del book.bars[:-MAX_BARS]
    book.minute = minute
    book.past = [_bar_at(book, minute - horizon) for horizon in HORIZONS_MINUTES]


def _bar_at(book: Book, minute: int) -> Bar | None:
    """The last bar at or before `minute`: a quiet market still has its old price."""
    return next((bar for bar in reversed(book.bars) if bar.minute <= minute), None)


def settle(bars: Iterable[Bar | None]) -> None:
    """Work out the closing prices of bars that have none yet, many as one block."""
    blocks: dict[tuple[int, int], dict[int, Bar]] = {}
    for bar in bars:
        if bar is not None and bar.rows:
            blocks.setdefault((len(bar.rows), bar.places), {})[id(bar)] = bar
    for (_, places), members in blocks.items():
        rows = np.frombuffer(b"".join(bar.rows for bar in members.values())).reshape(len(members), -1, WIDTH)
        nothing = np.zeros((*rows.shape[:2], len(HORIZONS_MINUTES)))
        quotes = consensus(numbers(rows, nothing, [places] * len(rows), [0.0] * len(rows)), float(places))
        prices = np.where(quotes.priced, 1.0 / quotes.inverse, 0.0).tolist()
        for bar, closing in zip(members.values(), prices, strict=True):
            bar.prices, bar.rows = closing, b""


def numbers(
    rows: NDArray[np.float64], past: NDArray[np.float64], places: list[int], ages: list[float]
) -> MarketBatch:
    """Rows (races, runners, WIDTH) as models take them; `past` (races, runners, 3), the others one a race."""
    return MarketBatch(
        back=rows[:, :, BACK],
        back_size=rows[:, :, BACK_SIZE],
        lay=rows[:, :, LAY],
        lay_size=rows[:, :, LAY_SIZE],
        last=rows[:, :, LAST],
        traded=rows[:, :, TRADED],
        past=past,
        places=np.array(places),
        age_seconds=np.array(ages),
    )
