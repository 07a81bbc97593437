"""Settling: what each ticket is paid once a result is official, a runner is out or a race is off."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.records import Result
from streams.backtest.bets import Ticket
from streams.backtest.pools import moved, paid
from streams.view import View


@dataclass(frozen=True, slots=True)
class Terms:
    """What a backtest supposes of the places where it bets; money in their currency, rates as shares."""

    commission: float = 0.05
    delay_seconds: float = 1.0
    pool_size: float | None = None
    """Money in a pool, for own stakes that move it; None supposes that they move nothing."""
    takeout: float = 0.175


def void(ticket: Ticket, note: str, now: int) -> None:
    """Pay back a ticket."""
    ticket.state, ticket.note, ticket.settled_at, ticket.returned = "VOID", note, now, ticket.matched


def settle(ticket: Ticket, view: View, result: Result, terms: Terms, now: int) -> None:
    """Settle a ticket of one race by its official result."""
    out = {r.runner_id for r in view.runners if r.status == "SCRATCHED"}
    if out & set(ticket.bet.runners):
        void(ticket, "a runner was taken out", now)
    elif ticket.bet.venue == "TOTE":
        numbers = {r.runner_id: r.number for r in view.runners}
        _settle_tote(ticket, [numbers.get(id) for id in ticket.bet.runners], result, terms, now)
    elif ticket.matched <= 0.0 and ticket.bet.venue == "EXCHANGE":
        ticket.state, ticket.note, ticket.settled_at = "LAPSED", "not matched", now
    else:
        _settle_price(ticket, result, terms, now)


def settle_over(ticket: Ticket, views: Sequence[View], result: Result, terms: Terms, now: int) -> None:
    """Settle a ticket over several races by the result of the last; `views` are of the races in order."""
    numbers: list[str | None] = []
    for view, runner_id in zip(views, ticket.bet.runners, strict=True):
        runner = next((r for r in view.runners if r.runner_id == runner_id), None)
        if runner is None or runner.status == "SCRATCHED":
            void(ticket, "a runner was taken out", now)
            return
        numbers.append(runner.number)
    _settle_tote(ticket, numbers, result, terms, now)


def _settle_tote(ticket: Ticket, numbers: list[str | None], result: Result, terms: Terms, now: int) -> None:
    known = [number for number in numbers if number is not None]
    back = paid(ticket.bet.pool, known, result["dividends"]) if len(known) == len(numbers) else None
    if back is None:
        void(ticket, f"no dividend of {ticket.bet.pool} is told", now)
        return
    back = moved(back, ticket.stake, terms.pool_size, terms.takeout)
    _close(ticket, ticket.matched * back, now)
    ticket.price = back or ticket.price


def _settle_price(ticket: Ticket, result: Result, terms: Terms, now: int) -> None:
    """Bets at a price: fixed, starting, or matched on an exchange."""
    runner = ticket.bet.runners[0]
    finisher = next((f for f in result["finishers"] if f["runner_id"] == runner), None)
    if ticket.bet.venue == "STARTING_PRICE":
        ticket.price = finisher["starting_price"] if finisher else None
        ticket.fills = [(ticket.price, ticket.matched)] if ticket.price else []
    share = _share(ticket.bet.pool, runner, result)
    if ticket.price is None or share is None:
        void(
            ticket,
            "no starting price is told" if share is not None else "whether it was placed is not told",
            now,
        )
        return
    won = sum(size * price for price, size in ticket.fills or [(ticket.price, ticket.matched)]) * share
    if ticket.bet.side == "BACK":
        _close(ticket, won, now)
    else:
        _close(ticket, 2.0 * ticket.matched - won, now)
    if ticket.bet.venue == "EXCHANGE" or (ticket.bet.side == "LAY"):
        ticket.commission = max(0.0, ticket.returned - ticket.matched) * terms.commission


def _share(pool: str, runner: str, result: Result) -> float | None:
    """The share of the bet that won: below 1 in a dead heat (stakes are divided); None if not told."""
    finishers = {f["runner_id"]: f for f in result["finishers"]}
    if pool == "WIN":
        winners = [id for id, f in finishers.items() if f["finish_position"] == 1 and not f["disqualified"]]
        return 1.0 / len(winners) if runner in winners else 0.0
    placed = finishers[runner]["placed"] if runner in finishers else False
    return None if placed is None else float(placed)


def _close(ticket: Ticket, returned: float, now: int) -> None:
    ticket.returned, ticket.settled_at = returned, now
    ticket.state = (
        "WON" if returned > ticket.matched or (returned > 0.0 and ticket.bet.side == "BACK") else "LOST"
    )
