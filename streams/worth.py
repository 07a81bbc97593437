"""What a bet on each runner is worth now and at the close: best offer, projected price, value, longshots."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from msgspec import Struct

from models.value import COMMISSION, dividends, expected_value, is_longshot, kept_odds
from schemas.records import Pool
from streams.book import WIDTH, Book, asked
from streams.explanation import REST, told
from streams.view import BEFORE_OFF, View

UNDERROUND = -0.02
"""A book that adds up to less has not yet taken in what happened, such as a scratch: it offers no value."""

SHOWN_REASONS = 3
AS_A_WHOLE = "form as a whole"


class Quotes(NamedTuple):
    """Prices of a race at one moment: of the scored book, and as `Point.offers` and `Point.projected`."""

    rows: Sequence[float]
    offers: tuple[tuple[float, ...], ...]
    projected: tuple[float, ...]


class Worth(Struct, frozen=True, gc=False):
    """Of one runner; prices are decimal odds, values what a unit stake gains after commission."""

    best_price: float | None = None
    expected_value: float | None = None
    projected_price: float | None = None
    expected_value_at_close: float | None = None
    longshot: str | None = None


NOTHING = Worth()


class Believed(NamedTuple):
    """What was said of the runners of a card, in its order: chances below 0 of one that is out."""

    win: Sequence[float]
    public: Sequence[float]
    price: Sequence[float]
    overround: float


def worth(view: View, said: Believed, quotes: Quotes) -> list[Worth]:
    """What a bet on each runner to win is worth; nothing once the race is off, or without a win market.

    Coupled runners are one bet: it wins with any of them. A value that nothing is known of is None, and so
    are all of a book that has not yet taken in a scratch; see `UNDERROUND`.
    """
    if view.stage not in BEFORE_OFF or view.book is None or view.book.market_type != "WIN":
        return [NOTHING] * len(view.columns)
    best, kept = _best(view, quotes)
    closing, kept_then = _closing(view, quotes)
    whole = said.overround >= UNDERROUND
    found = []
    rows = zip(view.columns, view.shares, said.win, said.public, said.price, strict=True)
    for at, (column, share, win, public, price) in enumerate(rows):
        if column < 0:
            found.append(NOTHING)
            continue
        offered, projected = best[column], closing[column]
        chance = win / share if whole and win >= 0.0 else None
        found.append(
            Worth(
                offered or None,
                expected_value(chance, kept[column]) if offered and chance is not None else None,
                projected or None,
                expected_value(chance, kept_then[column]) if projected and chance is not None else None,
                _reasons(view, at) if is_longshot(win, public, price) else None,
            )
        )
    return found


def _best(view: View, quotes: Quotes) -> tuple[Sequence[float], Sequence[float]]:
    """The offer to each interest that returns most after commission: prices, and what is kept of them."""
    book = cast(Book, view.book)
    best = _asked(view, book, quotes)
    kept = _kept(best, book.pool)
    for (other, _), prices in zip(view.others, quotes.offers, strict=True):
        for at, after in enumerate(_kept(prices, other.pool)):
            if after > kept[at]:
                best[at], kept[at] = prices[at], after
    return best, kept


def _kept(prices: Sequence[float], pool: Pool) -> list[float]:
    commission = COMMISSION[pool]
    if commission == 0.0:
        return list(prices)
    return [kept_odds(price, commission) if price > 1.0 else 0.0 for price in prices]


def _closing(view: View, quotes: Quotes) -> tuple[Sequence[float], Sequence[float]]:
    """Where each interest's price is projected to close, an exchange's projection or else a pool's dividend.

    Prices, and what is kept of them.
    """
    book = cast(Book, view.book)
    if any(quotes.projected):
        known = len(quotes.projected)
        projected = [quotes.projected[row] if 0 <= row < known else 0.0 for row in view.rows]
        return projected, _kept(projected, book.pool)
    if book.pool == "TOTE":
        paid = dividends(_asked(view, book, quotes))
        return paid, _kept(paid, "TOTE")
    for (other, _), prices in zip(view.others, quotes.offers, strict=True):
        if other.pool == "TOTE":
            paid = dividends(prices)
            return paid, _kept(paid, "TOTE")
    nothing = [0.0] * view.interests
    return nothing, nothing


def _asked(view: View, book: Book, quotes: Quotes) -> list[float]:
    """What the scored book asks for each interest, 0.0 where it asks nothing."""
    what = asked(book)
    return [quotes.rows[row * WIDTH + what] if row >= 0 else 0.0 for row in view.rows]


def _reasons(view: View, at: int) -> str | None:
    """Why form puts a runner above the market, in words; None where no form speaks. Kept with the view."""
    known = cast("dict[int, str | None]", view.memo.setdefault("longshots", {}))
    if at not in known:
        of_runner = told(view)[at]
        parts = [
            part["text"]
            for part in of_runner.contributions
            if part["value"] > 0.0 and part["feature"] != REST
        ]
        notes = [note["text"].rstrip(".") for note in of_runner.annotations if note["severity"] > 0.0]
        # The largest part first, then what is known of the horse, then what else speaks for it.
        reasons = [*parts[:1], *notes[:1], *parts[1:], *notes[1:]][:SHOWN_REASONS]
        known[at] = None if of_runner.fundamental is None else "; ".join(reasons) or AS_A_WHOLE
    return known[at]
