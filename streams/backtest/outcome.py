"""What a backtest is given, and what it came to."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.backtest.form import Form
from streams.backtest.ledger import Ledger
from streams.backtest.settle import Terms
from streams.backtest.staking import Stakes
from streams.backtest.strategies import Strategy
from streams.scoring import Scorer, default_scorer

CLOSE, CHANGE = "close", "change"


@dataclass(frozen=True, slots=True)
class Setup:
    """What all strategies of a run share. `decisions` are close, change, or seconds before the off."""

    decisions: tuple[str | float, ...] = (CLOSE,)
    terms: Terms = field(default_factory=Terms)
    scorer: Scorer = field(default_factory=default_scorer)
    form: Form | None = None
    """Form, and the models that read it, which `scorer` has to know; None bets on the market's word alone."""


@dataclass(slots=True)
class Entrant:
    """A strategy with its money."""

    name: str
    strategy: Strategy
    stakes: Stakes = field(default_factory=Stakes)
    bankroll: float = 1_000.0


class Sample(NamedTuple):
    """What was believed of a race at a decision, and how it ended: lists by runner."""

    race_id: str
    day: str
    track: str
    decision: str
    win: list[float]
    public: list[float]
    won: list[float]
    """1, or a share of 1 in a dead heat."""

    form: list[float]
    """By form alone; 0.0 where no model of form spoke."""


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    ledgers: list[Ledger]
    samples: list[Sample] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    races: int = 0
    final_only: int = 0
    """Races of which no price was known before the off."""
