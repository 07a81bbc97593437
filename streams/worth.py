"""What a bet on each runner is worth now and at the close: best offer, projected price, value, longshots."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from models.value import COMMISSION, dividends, expected_value, is_longshot, kept_odds
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


class Worth(NamedTuple):
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
    best, closing = _best(view, quotes), _closing(view, quotes)
    whole = said.overround >= UNDERROUND
    found = []
    for at, column in enumerate(view.columns):
        if column < 0:
            found.append(NOTHING)
            continue
        win, (price, kept), (last, last_kept) = said.win[at], best[column], closing[column]
        bet = win / view.shares[at] if whole and win >= 0.0 else -1.0
        found.append(
            Worth(
                price or None,
                expected_value(bet, kept) if price and bet >= 0.0 else None,
                last or None,
                expected_value(bet, last_kept) if last and bet >= 0.0 else None,
                _reasons(view, at) if is_longshot(win, said.public[at], said.price[at]) else None,
            )
        )
    return found


def _best(view: View, quotes: Quotes) -> list[tuple[float, float]]:
    """The offer to each interest that returns most after commission: its price and what is kept of it."""
    book = cast(Book, view.book)
    best = [_offer(price, COMMISSION[book.pool]) for price in _asked(view, book, quotes)]
    for (other, _), prices in zip(view.others, quotes.offers, strict=True):
        commission = COMMISSION[other.pool]
        best = [
            max(held, _offer(price, commission), key=_kept) for held, price in zip(best, prices, strict=True)
        ]
    return best


def _offer(price: float, commission: float) -> tuple[float, float]:
    return (price, kept_odds(price, commission)) if price > 1.0 else (0.0, 0.0)


def _kept(offer: tuple[float, float]) -> float:
    return offer[1]


def _closing(view: View, quotes: Quotes) -> list[tuple[float, float]]:
    """Where each interest's price is projected to close: an exchange's projection, else a pool's dividend."""
    book = cast(Book, view.book)
    if any(quotes.projected):
        known, commission = len(quotes.projected), COMMISSION[book.pool]
        return [_offer(quotes.projected[row] if 0 <= row < known else 0.0, commission) for row in view.rows]
    books = [
        (book, _asked(view, book, quotes)),
        *zip((o for o, _ in view.others), quotes.offers, strict=True),
    ]
    pool = next((prices for each, prices in books if each.pool == "TOTE"), [0.0] * view.interests)
    return [_offer(price, COMMISSION["TOTE"]) for price in dividends(pool)]


def _asked(view: View, book: Book, quotes: Quotes) -> Sequence[float]:
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
