"""The exchange model of backtests next to flumine's simulation: the same bets on the same markets."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from benchmarks.environments import Peer
from benchmarks.replay import captures
from feeds.betfair.recorded import recorded
from schemas.records import Prediction
from streams.backtest import Bet, Board, Entrant, Setup, Stakes, run
from streams.backtest.settle import Terms

MARKETS = (
    "1.127236622", "1.170462852", "1.170462855", "1.170462859", "1.170462893", "1.170462894", "1.206063952",
    "1.206064380",
)  # fmt: skip
"""Win markets of the captures that hold order books."""

LATENCY_SECONDS = 0.12
"""What flumine takes for the time until an order is placed."""


class Line(NamedTuple):
    """What became of an order; None where a side made none. Profit is before commission."""

    market: str
    price: float | None
    matched: float | None
    average: float | None
    profit: float | None


class Favourite:
    """Backs the shortest price once, at the best price or, with `queue`, at that of the other side."""

    def __init__(self, queue: bool, stake: float) -> None:
        self._queue, self._stake = queue, stake

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet]:
        """One bet."""
        del prediction
        offered = [horse for horse in board.horses if horse.quote.back]
        if not offered:
            return []
        horse = min(offered, key=lambda horse: horse.quote.back or 0.0)
        price = horse.quote.lay if self._queue else horse.quote.back
        return [Bet("WIN", (horse.runner_id,), self._stake, "EXCHANGE", "BACK", price)] if price else []


def ours(file: Path, seconds: float, queue: bool, stake: float) -> Line:
    """Our order on one market."""
    events = (named for _, message in recorded([file]) for named in message)
    setup = Setup((seconds,), Terms(commission=0.0, delay_seconds=LATENCY_SECONDS))
    outcome = run(events, [Entrant("favourite", Favourite(queue, stake), Stakes())], setup)
    market = file.name.removesuffix(".bz2")
    for ticket in outcome.ledgers[0].tickets:
        return Line(market, ticket.bet.price, ticket.matched, ticket.price, ticket.profit)
    return Line(market, None, None, None, None)


def compared(stake: float, seconds: float = 60.0) -> list[tuple[str, Line, Line]]:
    """Each market's order, taken and queued: ours and flumine's.

    Raises HprError without captures.
    """
    files = captures(MARKETS)
    found = []
    with Peer("flumine") as flumine:
        for queue in (False, True):
            asked = {
                "files": [str(file) for file in files],
                "seconds": seconds,
                "queue": queue,
                "stake": stake,
            }
            told = {order["market"]: order for order in flumine.ask(asked)}
            for file in files:
                mine = ours(file, seconds, queue, stake)
                other = told.get(mine.market, {})
                theirs = Line(mine.market, *(other.get(k) for k in ("price", "matched", "average", "profit")))
                found.append(("queued" if queue else "taken", mine, theirs))
    return found


def table(lines: list[tuple[str, Line, Line]]) -> str:
    """The comparison as Markdown."""
    head = "| market | order | price | matched | average | profit | flumine: price | matched |"
    head += " average | profit |"
    rows = [f"| {mine.market} | {kind} | {_cells(mine)} | {_cells(theirs)} |" for kind, mine, theirs in lines]
    return "\n".join([head, "| --- " * 10 + "|", *rows])


def _cells(line: Line) -> str:
    return " | ".join("none" if value is None else f"{value:.2f}" for value in line[1:])


if __name__ == "__main__":
    for money in (10.0, 500.0):
        print(f"\n{money:g} staked\n\n{table(compared(money))}")
