"""What a bet on each runner is worth now and at the close: best offer, projected price, value, longshots."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from msgspec import Struct

from models.value import COMMISSION, dividends, expected_value, is_longshot, kept_odds
from schemas.records import Pool
from streams.book import WIDTH, Book, asked
from streams.explanation import REST, told
from streams.scoring import Point
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


def quotes_at(point: Point) -> Quotes:
    """The prices of a scoring point."""
    return Quotes(memoryview(point.rows).cast("d"), point.offers, point.projected)


class Offers(NamedTuple):
    """The best offer to each betting interest: prices, and what is kept of them; 0.0 where there is none."""

    prices: list[float]
    kept: list[float]


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
    if not takes_bets(view):
        return [NOTHING] * len(view.columns)
    best, kept = best_offers(view, quotes)
    closing, pool = _closing(view, quotes)
    closing = closing or [0.0] * view.interests
    kept_then = _kept(closing, pool)
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


def takes_bets(view: View) -> bool:
    """Whether the prices of a race are of bets to win that can still be made."""
    return view.stage in BEFORE_OFF and view.book is not None and view.book.market_type == "WIN"


def shown_prices(view: View, quotes: Quotes) -> tuple[list[float], list[float]]:
    """Best and projected price of each runner of the card as `worth` has them, 0.0 where there is none.

    Each list is empty where no runner has one.
    """
    if not takes_bets(view):
        return [], []
    best = best_offers(view, quotes).prices if view.others else _asked(view, cast(Book, view.book), quotes)
    closing, _ = _closing(view, quotes)
    # A column of -1, a runner that is out, picks what stands last.
    return (
        list(view.pick([*best, 0.0])) if any(best) else [],
        list(view.pick([*closing, 0.0])) if any(closing) else [],
    )


def best_offers(view: View, quotes: Quotes) -> Offers:
    """The offer to each interest that returns most after commission, of a race that takes bets."""
    book = cast(Book, view.book)
    best = _asked(view, book, quotes)
    kept = _kept(best, book.pool)
    if view.others:
        there = _elsewhere(view, quotes.offers)
        for at, after in enumerate(there.kept):
            if after > kept[at]:
                best[at], kept[at] = there.prices[at], after
    return Offers(best, kept)


class _Elsewhere(NamedTuple):
    """What the books beside the scored one offer: the best of it, and the dividends of a pool among them."""

    prices: list[float]
    kept: list[float]
    dividends: list[float]


def _elsewhere(view: View, offers: tuple[tuple[float, ...], ...]) -> _Elsewhere:
    """Kept with the view for as long as these offers stand: the scored book moves far more often."""
    known = cast("tuple[object, _Elsewhere] | None", view.memo.get("elsewhere"))
    if known is not None and known[0] == offers:
        return known[1]
    best, kept = [0.0] * view.interests, [0.0] * view.interests
    paid: list[float] = []
    for (other, _), prices in zip(view.others, offers, strict=True):
        if other.pool == "TOTE" and not paid:
            paid = dividends(prices)
        for at, after in enumerate(_kept(prices, other.pool)):
            if after > kept[at]:
                best[at], kept[at] = prices[at], after
    found = _Elsewhere(best, kept, paid)
    view.memo["elsewhere"] = offers, found
    return found


def _kept(prices: Sequence[float], pool: Pool) -> list[float]:
    commission = COMMISSION[pool]
    if commission == 0.0:
        return list(prices)
    return [kept_odds(price, commission) if price > 1.0 else 0.0 for price in prices]


def _closing(view: View, quotes: Quotes) -> tuple[list[float], Pool]:
    """Where each interest's price is projected to close, an exchange's projection or else a pool's dividend.

    Prices, empty where none is projected, and the pool that pays them.
    """
    book = cast(Book, view.book)
    if any(quotes.projected):
        known = len(quotes.projected)
        return [quotes.projected[row] if 0 <= row < known else 0.0 for row in view.rows], book.pool
    if book.pool == "TOTE":
        return dividends(_asked(view, book, quotes)), "TOTE"
    return _elsewhere(view, quotes.offers).dividends if view.others else [], "TOTE"


def _asked(view: View, book: Book, quotes: Quotes) -> list[float]:
    """What the scored book asks for each interest, 0.0 where it asks nothing."""
    # A row of -1, an interest that the book does not know, picks what stands last.
    prices = [*quotes.rows[asked(book) :: WIDTH], 0.0]
    return [prices[row] for row in view.rows]


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
