"""Orders on an exchange: they take what is offered, then queue at their price and fill as others trade.

Only the best price, its size and the money traded are known: what cannot be told goes against the order.
"""

from dataclasses import dataclass

from streams.backtest.bets import Ticket
from streams.book import BACK, BACK_SIZE, LAST, LAY, LAY_SIZE, TRADED, WIDTH, Book

SMALLEST = 0.01
REDUCED_FROM = 2.5
"""Percent: a removal below it changes no price, by the exchange's rules."""

LOWEST_PRICE = 1.01


@dataclass(frozen=True, slots=True)
class Top:
    """The top of a runner's book, 0.0 where there is nothing; `traded` counts both sides, as exchanges do."""

    last: float = 0.0
    back: float = 0.0
    back_size: float = 0.0
    lay: float = 0.0
    lay_size: float = 0.0
    traded: float = 0.0


def top_of(book: Book | None, runner_id: str) -> Top:
    """The top of a runner's book now."""
    at = book.index.get(runner_id) if book else None
    if book is None or at is None:
        return Top()
    row = book.quotes[at * WIDTH : (at + 1) * WIDTH]
    return Top(row[LAST], row[BACK], row[BACK_SIZE], row[LAY], row[LAY_SIZE], row[TRADED])


@dataclass(slots=True)
class Order:
    """An order of a ticket: `left` of it is unmatched, `ahead` queues before it (None while not known)."""

    ticket: Ticket
    active_at: int
    price: float = 0.0
    left: float = 0.0
    ahead: float | None = None
    placed: bool = False
    seen: Top = Top()
    met: float = 0.0
    """Matched with money offered at the price or beyond, which others trade with in the records."""

    number: int = 0
    """What the strategy calls it by."""

    owner: int = 0
    """Which of the run's strategies it belongs to."""


def place(order: Order, top: Top) -> None:
    """Put an order into the book as it stands once the delay is over: what is offered is taken at once."""
    ticket = order.ticket
    backing = ticket.bet.side == "BACK"
    best, size = (top.back, top.back_size) if backing else (top.lay, top.lay_size)
    order.placed, order.seen, order.left = True, top, ticket.stake
    order.price = ticket.bet.price or best
    if order.price <= 0.0:
        return  # nobody offers anything and the order names no price: it waits for nothing
    if best > 0.0 and _reaches(backing, best, order.price):
        _fill(order, best, min(order.left, size))
    own, own_size = (top.lay, top.lay_size) if backing else (top.back, top.back_size)
    order.ahead = _queue(backing, order.price, own, own_size)


def cancel(order: Order) -> None:
    """Take back what is unmatched; what was not placed yet never is."""
    order.left, order.price, order.placed = 0.0, 0.0, True
    order.ticket.stake, order.ticket.note = order.ticket.matched, "cancelled"


def step(order: Order, top: Top) -> None:
    """Take in a change of the runner's book: fill what would have been filled."""
    if not order.placed or order.left < SMALLEST or order.price <= 0.0:
        return
    before, order.seen = order.seen, top
    backing = order.ticket.bet.side == "BACK"
    best, size = (top.back, top.back_size) if backing else (top.lay, top.lay_size)
    was = before.back if backing else before.lay
    if (
        best > 0.0
        and _reaches(backing, best, order.price)
        and not (was > 0.0 and _reaches(backing, was, order.price))
    ):
        met = min(order.left, size)
        order.met += met
        _fill(order, order.price, met)
    own, own_size = (top.lay, top.lay_size) if backing else (top.back, top.back_size)
    if order.ahead is None:
        order.ahead = _queue(backing, order.price, own, own_size)
    volume = _passed(backing, order.price, before, top)
    if volume > 0.0 and order.ahead is not None:
        counted = min(order.met, volume)
        order.met -= counted
        passed = min(order.ahead, volume - counted)
        order.ahead -= passed
        _fill(order, order.price, min(order.left, volume - counted - passed))


def _passed(backing: bool, price: float, before: Top, now: Top) -> float:
    """Money that surely traded at a price or beyond, of what traded between two changes of the book.

    It is all of it where the last price stood there before and after. Where it stood there but once, some
    traded elsewhere: only what is gone from the best offer that had to be traded through counts.
    """
    volume = max(0.0, now.traded - before.traded) / 2.0
    there = [last > 0.0 and _reaches(backing, last, price) for last in (before.last, now.last)]
    if all(there) or volume <= 0.0:
        return volume if all(there) else 0.0
    best, size = (before.lay, before.lay_size) if backing else (before.back, before.back_size)
    left, kept = (now.lay, now.lay_size) if backing else (now.back, now.back_size)
    if not any(there) or best <= 0.0 or not _reaches(backing, best, price):
        return 0.0
    gone = size - kept if left == best else size if left > 0.0 and _reaches(backing, left, best) else 0.0
    return min(volume, max(0.0, gone))


def reduce(ticket: Ticket, factor: float | None) -> None:
    """Apply a removed runner's reduction factor (percent) to what was matched before."""
    if factor is not None and factor >= REDUCED_FROM:
        ticket.fills = [
            (max(LOWEST_PRICE, price * (1.0 - factor / 100.0)), size) for price, size in ticket.fills
        ]
        ticket.price = average(ticket)


def average(ticket: Ticket) -> float | None:
    """Average price of what was matched."""
    size = sum(size for _, size in ticket.fills)
    return sum(price * size for price, size in ticket.fills) / size if size > 0.0 else None


def _reaches(backing: bool, price: float, wanted: float) -> bool:
    """Whether a price is as good as the order's, or better."""
    return price >= wanted if backing else price <= wanted


def _queue(backing: bool, price: float, own: float, own_size: float) -> float | None:
    """Money ahead of an order on its own side of the book; None while better prices hide it."""
    if own == price:
        return own_size
    best = own <= 0.0 or (price < own if backing else price > own)
    return 0.0 if best else None


def _fill(order: Order, price: float, size: float) -> None:
    if size < SMALLEST:
        return
    order.left -= size
    ticket = order.ticket
    ticket.fills.append((price, size))
    ticket.matched += size
    ticket.price = average(ticket)
