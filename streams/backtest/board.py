"""What a strategy is shown: a race as it stood at one instant. It holds nothing that was not known then."""

from dataclasses import dataclass
from typing import Any, NoReturn

from schemas.identity import iso
from schemas.records import Prediction
from streams.backtest.bets import BacktestError, Bet
from streams.book import BACK, LAST, LAY, WIDTH, Book
from streams.view import View

_FUTURE = """result results finish_position placing placed won winner winners dividend dividends outcome
official starting_price closing_price final_odds later_odds finish_time official_finish_time_seconds
lengths_behind_winner winning_time_seconds"""
FUTURE = frozenset(_FUTURE.split())
"""Names under which people look for what is not known before a race."""


class LookAheadError(BacktestError):
    """A strategy asked for what was not known yet."""


class NoPriceYetError(LookAheadError):
    """A strategy asked for a price that was not there yet."""


def _refuse(what: object, name: str) -> NoReturn:
    if name in FUTURE:
        raise LookAheadError(
            f"{name} was not known yet when the bet was decided: a strategy cannot ask for it"
        )
    raise AttributeError(f"{type(what).__name__} has no {name}")


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices of one runner on the board that bets are made on; None where there is none."""

    last: float | None = None
    back: float | None = None
    lay: float | None = None

    @property
    def price(self) -> float | None:
        """What a backer gets: the best price offered, else the last."""
        return self.back or self.last


@dataclass(frozen=True, slots=True)
class Horse:
    """One runner still in. `win`, `place`, `public`, `form` are probabilities, `rank` 1 is the favourite."""

    runner_id: str
    number: str | None
    name: str | None
    win: float
    place: float
    public: float | None
    form: float | None
    """Win probability by form alone; None where no model of form spoke."""

    quote: Quote
    rank: int | None
    jockey: str | None
    trainer: str | None
    draw: int | None
    weight: float | None
    body_weight: float | None
    time: int

    @property
    def has_price(self) -> bool:
        """Whether a price was known."""
        return self.quote.price is not None

    @property
    def price(self) -> float:
        """Decimal odds that could be seen. Raises NoPriceYetError where there were none."""
        price = self.quote.price
        if price is None:
            who = self.name or self.number or self.runner_id
            raise NoPriceYetError(
                f"no price of {who} was known at {iso(self.time)}: ask has_price, or decide later"
            )
        return price

    @property
    def edge(self) -> float:
        """Expected profit of one staked at that price: probability times price, minus 1."""
        return self.win * self.price - 1.0

    def __getattr__(self, name: str) -> NoReturn:
        """What has no name here: an error, that says so where it was a look ahead."""
        _refuse(self, name)


@dataclass(frozen=True, slots=True)
class Standing:
    """An order of the strategy's own on this race: money matched and still waiting, in the bet's terms."""

    number: int
    bet: Bet
    matched: float
    waiting: float


@dataclass(frozen=True, slots=True)
class Board:
    """A race at one decision. `time` (microseconds) is now; `priced_at` when the last price became known."""

    race_id: str
    track: str
    day: str
    number: int | None
    decision: str
    time: int
    scheduled_off: int | None
    priced_at: int | None
    distance_furlongs: float | None
    surface: str
    going: str | None
    race_type: str | None
    race_class: str | None
    purse_usd: float | None
    places: int
    venue: str | None
    """EXCHANGE, FIXED or TOTE, as the board prices; None where there is no price."""
    final_only: bool
    """Whether no price was known before the off."""
    horses: tuple[Horse, ...]
    bankroll: float
    orders: tuple[Standing, ...] = ()
    """Own orders that still wait on the exchange."""

    @property
    def minutes_to_off(self) -> float | None:
        """Minutes until the announced off; below zero after it."""
        return None if self.scheduled_off is None else (self.scheduled_off - self.time) / 60e6

    @property
    def has_prices(self) -> bool:
        """Whether any price was known."""
        return any(horse.has_price for horse in self.horses)

    def __getattr__(self, name: str) -> NoReturn:
        """What has no name here: an error, that says so where it was a look ahead."""
        _refuse(self, name)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and under what name a decision is taken, and what is known of the market's times."""

    decision: str
    time: int
    priced_at: int | None
    final_only: bool
    bankroll: float
    orders: tuple[Standing, ...] = ()


def board_of(race_id: str, view: View, prediction: Prediction, moment: Moment) -> Board:
    """The board at a moment. Everything is copied out of the state: later events do not change it."""
    entries = {entry["runner_id"]: entry for entry in view.entries}
    quotes = {id: quote_of(view.book, id) for id in view.runner_ids} if view.book else {}
    told = [r for r in prediction["runners"] if r["win_probability"] is not None]
    prices = sorted(q.price for r in told if (q := quotes.get(r["runner_id"])) and q.price)
    horses = [_horse(r, entries.get(r["runner_id"], {}), quotes, prices, moment.time) for r in told]
    card = view.card
    return Board(
        race_id=race_id,
        track=card.get("track_code", race_id.partition("-")[0]),
        day=card.get("race_date", ""),
        number=card.get("race_number"),
        decision=moment.decision,
        time=moment.time,
        scheduled_off=view.scheduled_off,
        priced_at=moment.priced_at,
        distance_furlongs=card.get("distance_furlongs"),
        surface=card.get("surface", "UNKNOWN"),
        going=view.conditions.get("track_condition"),
        race_type=card.get("race_type"),
        race_class=card.get("race_class_details"),
        purse_usd=card.get("purse_usd"),
        places=view.places,
        venue=view.book.pool if view.book else None,
        final_only=moment.final_only,
        horses=tuple(horses),
        bankroll=moment.bankroll,
        orders=moment.orders,
    )


def quote_of(book: Book, runner_id: str) -> Quote:
    """The prices that a book gives a runner."""
    at = book.index.get(runner_id)
    if at is None:
        return Quote()
    row = book.quotes[at * WIDTH : (at + 1) * WIDTH]
    return Quote(row[LAST] or None, row[BACK] or None, row[LAY] or None)


def _horse(runner: Any, entry: Any, quotes: dict[str, Quote], prices: list[float], time: int) -> Horse:
    quote = quotes.get(runner["runner_id"], Quote())
    return Horse(
        runner_id=runner["runner_id"],
        number=runner["number"],
        name=runner["name"],
        win=runner["win_probability"],
        place=runner["place_probability"],
        public=runner["public_probability"],
        form=runner["fundamental_probability"],
        quote=quote,
        rank=prices.index(quote.price) + 1 if quote.price else None,
        jockey=entry.get("jockey_name"),
        trainer=entry.get("trainer_name"),
        draw=entry.get("post_position"),
        weight=entry.get("weight_carried_lbs"),
        body_weight=entry.get("body_weight_lbs"),
        time=time,
    )
