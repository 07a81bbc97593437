"""Settling: what each ticket is paid once a result is official, a runner is out or a race is off."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.value import COMMISSION, USUAL_TAKEOUT
from schemas.records import Result
from streams.backtest.bets import Ticket
from streams.backtest.pools import moved, paid
from streams.race import Race
from streams.view import View


@dataclass(frozen=True, slots=True)
class Terms:
    """What a backtest supposes of the places where it bets; money in their currency, rates as shares."""

    commission: float = COMMISSION["EXCHANGE"]
    delay_seconds: float = 1.0
    pool_size: float | None = None
    """Money in a pool, for own stakes that move it; None supposes that they move nothing."""
    takeout: float = USUAL_TAKEOUT


def void(ticket: Ticket, note: str, now: int) -> None:
    """Pay back a ticket."""
    ticket.state, ticket.note, ticket.settled_at, ticket.returned = "VOID", note, now, ticket.matched


def settle(ticket: Ticket, race: Race, result: Result, terms: Terms, now: int) -> None:
    """Settle a ticket of one race by its official result.

    It stays open where only another market's result can tell whether its runner was placed.
    """
    view, tote = race.view, ticket.bet.venue == "TOTE"
    if any(is_out(view, runner, tote) for runner in ticket.bet.runners):
        void(ticket, "a runner was taken out", now)
    elif tote:
        numbers = _numbers(view)
        _settle_tote(ticket, [numbers.get(id) for id in ticket.bet.runners], result, terms, now)
    elif ticket.matched <= 0.0 and ticket.bet.venue == "EXCHANGE":
        ticket.state, ticket.note, ticket.settled_at = "LAPSED", ticket.note or "not matched", now
    else:
        _settle_price(ticket, race, result, terms, now)


def settle_over(ticket: Ticket, views: Sequence[View], result: Result, terms: Terms, now: int) -> None:
    """Settle a ticket over several races by the result of the last; `views` are of the races in order."""
    numbers: list[str | None] = []
    for view, runner_id in zip(views, ticket.bet.runners, strict=True):
        if view.stage == "ABANDONED" or is_out(view, runner_id, tote=True):
            void(ticket, "a race was abandoned, or a runner taken out", now)
            return
        numbers.append(_numbers(view).get(runner_id))
    _settle_tote(ticket, numbers, result, terms, now)


def is_out(view: View, runner_id: str, tote: bool) -> bool:
    """Whether a bet on a runner has none left that runs for it: the tote sells coupled runners as one."""
    here = next((r for r in view.runners if r.runner_id == runner_id), None)
    if here is None or not (tote and here.betting_interest):
        return here is None or here.status == "SCRATCHED"
    return all(r.status == "SCRATCHED" for r in view.runners if r.betting_interest == here.betting_interest)


def _numbers(view: View) -> dict[str, str | None]:
    """The numbers under which runners are sold and paid."""
    return {r.runner_id: r.betting_interest or r.number for r in view.runners}


def _settle_tote(ticket: Ticket, numbers: list[str | None], result: Result, terms: Terms, now: int) -> None:
    known = [number for number in numbers if number is not None]
    back = paid(ticket.bet.pool, known, result["dividends"]) if len(known) == len(numbers) else None
    if back is None:
        void(ticket, f"no dividend of {ticket.bet.pool} is told", now)
        return
    back = moved(back, ticket.stake, terms.pool_size, terms.takeout)
    _close(ticket, ticket.matched * back, now)
    ticket.price = back or ticket.price


def _settle_price(ticket: Ticket, race: Race, result: Result, terms: Terms, now: int) -> None:
    """Bets at a price: fixed, starting, or matched on an exchange."""
    runner, view = ticket.bet.runners[0], race.view
    share = _share(ticket.bet.pool, runner, view, result)
    if share is None:
        return
    if ticket.bet.venue == "STARTING_PRICE":
        ticket.price = _starting_price(ticket.bet.pool, runner, race, result)
        ticket.fills = [(ticket.price, ticket.matched)] if ticket.price else []
    if ticket.price is None:
        void(ticket, "no starting price is told", now)
        return
    won = sum(size * price for price, size in ticket.fills or [(ticket.price, ticket.matched)]) * share
    _close(ticket, won if ticket.bet.side == "BACK" else 2.0 * ticket.matched - won, now)
    exchange = view.book is not None and view.book.pool == "EXCHANGE"
    if (exchange and ticket.bet.venue != "FIXED") or ticket.bet.side == "LAY":
        ticket.commission = max(0.0, ticket.returned - ticket.matched) * terms.commission


def _starting_price(pool: str, runner: str, race: Race, result: Result) -> float | None:
    """The starting price to win as the result tells it; that to be placed as its own market did."""
    if pool == "WIN":
        finisher = next((f for f in result["finishers"] if f["runner_id"] == runner), None)
        return finisher["starting_price"] if finisher else None
    told = (
        book.starting_prices.get(runner) for book in race.state.books.values() if book.market_type == "PLACE"
    )
    return next((price for price in told if price), None)


def _share(pool: str, runner: str, view: View, result: Result) -> float | None:
    """The share of the bet that won: below 1 in a dead heat (stakes are divided); None if not told yet."""
    finishers = {f["runner_id"]: f for f in result["finishers"]}
    if pool == "WIN":
        winners = [id for id, f in finishers.items() if f["finish_position"] == 1 and not f["disqualified"]]
        return 1.0 / len(winners) if runner in winners else 0.0
    placed = next((r.placed for r in view.runners if r.runner_id == runner), None)
    return None if placed is None else float(placed)


def _close(ticket: Ticket, returned: float, now: int) -> None:
    ticket.returned, ticket.settled_at = returned, now
    ticket.state = (
        "WON" if returned > ticket.matched or (returned > 0.0 and ticket.bet.side == "BACK") else "LOST"
    )
