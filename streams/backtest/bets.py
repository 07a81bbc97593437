"""Bets: what a strategy asks for, and the ticket that becomes of it."""

from dataclasses import dataclass, field
from typing import Literal

from schemas.errors import HprError

Venue = Literal["TOTE", "FIXED", "STARTING_PRICE", "EXCHANGE"]
Side = Literal["BACK", "LAY"]
State = Literal["OPEN", "WON", "LOST", "VOID", "LAPSED"]

SINGLES = ("WIN", "PLACE", "SHOW")
RUNNERS = {
    "WIN": 1, "PLACE": 1, "SHOW": 1, "EXACTA": 2, "QUINELLA": 2, "QUINELLA PLACE": 2, "TRIFECTA": 3,
    "TRIO": 3, "SUPERFECTA": 4, "FIRST 4": 4, "DOUBLE": 2, "TREBLE": 3,
}  # fmt: skip
"""How many runners a bet of each pool names; of doubles, trebles and pick n one of each race."""


class BacktestError(HprError):
    """A backtest cannot go on: the strategy, its rule or what it asked for is wrong."""


@dataclass(frozen=True, slots=True)
class Bet:
    """One bet. `runners` are runner ids in order; of bets over several races one each, `races` their ids.

    `stake` is money, None for what the staking plan says. `price` is an exchange order's limit in decimal
    odds, None for the best price there is. Pools are named in RUNNERS, or PICK n.
    """

    pool: str
    runners: tuple[str, ...]
    stake: float | None = None
    venue: Venue = "TOTE"
    side: Side = "BACK"
    price: float | None = None
    races: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could be no bet."""
        wanted = pick_of(self.pool) or RUNNERS.get(self.pool)
        if wanted is None:
            raise BacktestError(f"{self.pool!r} is no pool: {', '.join(RUNNERS)} or PICK n")
        if len(self.runners) != wanted or (not self.races and len(set(self.runners)) != wanted):
            raise BacktestError(f"a bet on {self.pool} names {wanted} runners, not {self.runners}")
        if self.venue != "TOTE" and self.pool not in SINGLES:
            raise BacktestError(f"{self.pool} is a pool of the tote: no {self.venue} bet can be made on it")
        if self.side == "LAY" and self.venue not in ("EXCHANGE", "STARTING_PRICE"):
            raise BacktestError("only an exchange takes lay bets")
        if self.races and len(self.races) != wanted:
            raise BacktestError(f"a bet on {self.pool} names {wanted} races, not {len(self.races)}")


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take back what is unmatched of an order, by the number under which the board shows it."""

    order: int


def pick_of(pool: str) -> int | None:
    """Races of a PICK n or DOUBLE or TREBLE; None for other pools."""
    if pool in ("DOUBLE", "TREBLE"):
        return RUNNERS[pool]
    name, _, number = pool.partition(" ")
    return int(number) if name == "PICK" and number.isdecimal() and int(number) > 1 else None


@dataclass(slots=True)
class Ticket:
    """A bet that was made, and what became of it. Times are microseconds since 1970, prices decimal odds."""

    bet: Bet
    race_id: str
    decided_at: int
    decision: str
    off: int | None
    day: str
    track: str
    race_class: str | None
    field_size: int
    stake: float
    probability: float | None
    """What the prediction gave the selection; None where it says nothing of it."""
    seen_price: float | None
    """The price that stood when the bet was decided."""
    price: float | None = None
    """The price at which it stands: matched, or paid."""
    closing_price: float | None = None
    matched: float = 0.0
    """Money that found a taker; of tote and starting price bets all of it."""
    returned: float = 0.0
    commission: float = 0.0
    state: State = "OPEN"
    note: str | None = None
    settled_at: int = 0
    fills: list[tuple[float, float]] = field(default_factory=list)
    """Price and size of each part matched on an exchange."""

    @property
    def profit(self) -> float:
        """Money won or, below zero, lost; 0.0 while open and for bets that were void."""
        return self.returned - self.matched - self.commission if self.state in ("WON", "LOST") else 0.0

    @property
    def risk(self) -> float:
        """Money that the bet can lose: the stake, of a lay the liability."""
        if self.bet.side == "BACK":
            return self.matched
        return sum(size * (price - 1.0) for price, size in self.fills)
