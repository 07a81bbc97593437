"""Walking forward over a grid: each period is bet with the parameters that were best before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from streams.backtest.bets import Ticket
from streams.backtest.ledger import Ledger

FEWEST_BETS = 30
"""Settled bets that parameters need before a period to be chosen for it."""

MOST_POINTS = 200


class Choice(NamedTuple):
    """A period, the parameters chosen for it by what came before, and how they did."""

    period: str
    name: str
    before: float
    """Return for 1 staked in all periods before."""
    bets: int
    staked: float
    profit: float


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk: the choices, the best of the grid in hindsight, and the ledger of what was chosen."""

    choices: list[Choice]
    ledger: Ledger
    points: int
    hindsight: str
    hindsight_roi: float | None


def points(grid: dict[str, list[float]]) -> list[dict[str, float]]:
    """All combinations of a grid's values; one without parameters where it is empty."""
    names = list(grid)
    return [dict(zip(names, values, strict=True)) for values in product(*(grid[name] for name in names))]


def walk(ledgers: Sequence[Ledger], period: int = 4) -> Walk:
    """Walk over the ledgers of a grid. A period is the first `period` letters of a day: 4 a year, 10 a day.

    Periods before anything can be chosen are not bet.
    """
    done = {ledger.name: [t for t in ledger.tickets if t.state in ("WON", "LOST")] for ledger in ledgers}
    periods = sorted({t.day[:period] for tickets in done.values() for t in tickets})
    chosen = Ledger("walk forward", ledgers[0].stakes, ledgers[0].bankroll)
    choices = []
    for now in periods[1:]:
        past = {name: [t for t in tickets if t.day[:period] < now] for name, tickets in done.items()}
        able = [name for name, tickets in past.items() if len(tickets) >= FEWEST_BETS]
        if not able:
            continue
        best = max(able, key=lambda name: (roi(past[name]) or 0.0, name))
        taken = [t for t in done[best] if t.day[:period] == now]
        chosen.tickets += taken
        choices.append(
            Choice(
                now,
                best,
                roi(past[best]) or 0.0,
                len(taken),
                sum(t.matched for t in taken),
                sum(t.profit for t in taken),
            )
        )
    able = [name for name, tickets in done.items() if len(tickets) >= FEWEST_BETS]
    hindsight = max(able, key=lambda name: (roi(done[name]) or 0.0, name), default="none: too few bets")
    return Walk(choices, chosen, len(ledgers), hindsight, roi(done.get(hindsight, [])))


def roi(tickets: Sequence[Ticket]) -> float | None:
    """Profit for 1 staked; None where nothing was."""
    staked = sum(t.matched for t in tickets)
    return sum(t.profit for t in tickets) / staked if staked else None
