"""Strategies: what every one of them is, the two that everybody compares with, and rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, Protocol

from schemas.records import Prediction
from streams.backtest.bets import RUNNERS, BacktestError, Bet, Cancel, Side, Venue, pick_of
from streams.backtest.board import Board, Horse
from streams.backtest.rules import Expression, expression

Take = Literal["all", "first", "best"]


class Strategy(Protocol):
    """Decides on bets. It is asked at every decision, and may keep what it likes in itself."""

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet | Cancel]:
        """The bets to make on a race as it stands, and the orders to take back; none where there are none."""


@dataclass(frozen=True, slots=True)
class Favourite:
    """Backs the shortest price; of several the lowest number."""

    pool: str = "WIN"
    venue: Venue = "TOTE"

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet]:
        """One bet, on as many of the shortest prices as the pool names."""
        del prediction
        priced = sorted((h for h in board.horses if h.has_price), key=lambda h: (h.price, _order(h)))
        if not priced:
            _ = [horse.price for horse in board.horses[:1]]  # says that no price is known
        return _bets(self.pool, priced, self.venue)


@dataclass(frozen=True, slots=True)
class Blind:
    """Backs runners drawn by chance: what betting costs. The same seed draws the same."""

    seed: int = 1
    pool: str = "WIN"
    venue: Venue = "TOTE"

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet]:
        """One bet on runners drawn from the race."""
        del prediction
        horses = sorted(board.horses, key=_order)
        Random(f"{self.seed}:{board.race_id}").shuffle(horses)
        return _bets(self.pool, horses, self.venue)


@dataclass(frozen=True, slots=True)
class Rule:
    """Backs (or lays) the horses for which a rule holds."""

    when: Expression
    pool: str = "WIN"
    venue: Venue = "TOTE"
    side: Side = "BACK"
    take: Take = "all"
    decisions: tuple[str, ...] = ()
    price: Expression | None = None
    stake: Expression | None = None

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet]:
        """A bet on each horse taken; in pools of several runners one on the best of them."""
        del prediction
        if self.decisions and board.decision not in self.decisions:
            return []
        taken = [horse for horse in board.horses if self._holds(board, horse)]
        taken.sort(key=lambda horse: (-horse.win, _order(horse)))
        if RUNNERS[self.pool] > 1:
            return _bets(self.pool, taken, self.venue)
        if self.take == "best":
            taken.sort(key=lambda horse: -horse.edge)
        return [self._bet(board, horse) for horse in (taken if self.take == "all" else taken[:1])]

    def _holds(self, board: Board, horse: Horse) -> bool:
        # A horse without a price among others that have one is passed over; a board without any is an error.
        return (horse.has_price or not board.has_prices) and bool(self.when(board, horse))

    def _bet(self, board: Board, horse: Horse) -> Bet:
        price, stake = (_amount(e, board, horse) for e in (self.price, self.stake))
        return Bet(self.pool, (horse.runner_id,), stake, self.venue, self.side, price)


def _amount(of: Expression | None, board: Board, horse: Horse) -> float | None:
    value = of(board, horse) if of else None
    if value is not None and not (isinstance(value, int | float) and value > 0.0):
        raise BacktestError(f"{of.text if of else ''!r} gives {value!r}, and has to give an amount above 0")
    return value


KEYS = frozenset(
    ("name", "when", "pool", "venue", "side", "take", "decisions", "price", "stake", "parameters", "grid")
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A rule as a file tells it, and the values of its parameters that a grid tries."""

    name: str
    told: Mapping[str, Any]
    grid: Mapping[str, list[float]] = field(default_factory=dict)

    def rule(self, **parameters: float) -> Rule:
        """The rule with its parameters, some of them replaced. Raises BacktestError for what does not fit."""
        told, known = self.told, {**self.told.get("parameters", {}), **parameters}
        amounts = {key: expression(str(told[key]), known) for key in ("price", "stake") if key in told}
        decisions = told.get("decisions", ())
        return Rule(
            expression(str(told["when"]), known),
            pool=str(told.get("pool", "WIN")),
            venue=_one_of(told, "venue", ("TOTE", "FIXED", "STARTING_PRICE", "EXCHANGE")),
            side=_one_of(told, "side", ("BACK", "LAY")),
            take=_one_of(told, "take", ("all", "first", "best")),
            decisions=tuple(decisions),
            **amounts,
        )


def recipe_of(told: Mapping[str, Any], name: str) -> Recipe:
    """A recipe of a TOML document. Raises BacktestError with what does not fit and what would."""
    if unknown := told.keys() - KEYS:
        raise BacktestError(f"a rule knows no {', '.join(sorted(unknown))}: it has {', '.join(sorted(KEYS))}")
    if "when" not in told:
        raise BacktestError('a rule says when it bets, as in: when = "edge > 0.08 and odds < 20"')
    if told.get("pool", "WIN") not in RUNNERS or pick_of(told.get("pool", "WIN")):
        raise BacktestError(
            f"pool {told['pool']!r}: a rule bets on the pools of one race, such as WIN or TRIO"
        )
    recipe = Recipe(str(told.get("name", name)), told, told.get("grid", {}))
    recipe.rule(**{key: values[0] for key, values in recipe.grid.items() if values})
    return recipe


def _one_of(told: Mapping[str, Any], key: str, allowed: tuple[Any, ...]) -> Any:
    value = told.get(key, allowed[0])
    if value not in allowed:
        raise BacktestError(f"{key} {value!r}: one of {', '.join(allowed)}")
    return value


def _bets(pool: str, horses: list[Horse], venue: Venue) -> list[Bet]:
    wanted = RUNNERS[pool]
    return (
        [Bet(pool, tuple(h.runner_id for h in horses[:wanted]), venue=venue)] if len(horses) >= wanted else []
    )


def _order(horse: Horse) -> tuple[int, str]:
    """Program numbers as numbers; what has none last."""
    number = horse.number or ""
    digits = "".join(letter for letter in number if letter.isdigit())
    return (int(digits) if digits else 1 << 16, number or horse.runner_id)
