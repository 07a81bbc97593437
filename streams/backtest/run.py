"""The backtest itself: events in their order, decisions at their times, bets carried out and settled."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from schemas.identity import MICROS, iso
from schemas.records import Event, Prediction, Result
from streams.backtest import exchange
from streams.backtest.bets import BacktestError, Bet, Cancel, Ticket
from streams.backtest.board import Board, Moment, Standing, board_of, quote_of
from streams.backtest.form import ranked
from streams.backtest.ledger import Ledger
from streams.backtest.outcome import CHANGE, CLOSE, Entrant, Outcome, Sample, Setup
from streams.backtest.settle import settle, settle_over, void
from streams.race import Race
from streams.replay import RANKS, Races, located
from streams.scoring import capture
from streams.state import Said
from streams.statements import Statement, prediction, said_at, told_by

STARTED = ("OFF", "IN_PLAY", "CLOSED", "ABANDONED")
KEPT_MICROS = 36 * 3600 * MICROS
"""How long a settled race is kept, for bets over several races."""


@dataclass(slots=True)
class _Running:
    """A race under way."""

    race: Race
    token: int = 0
    """Raised when the announced off changes: timers of before are void."""
    off: int | None = None
    priced_at: int | None = None
    first_priced: int | None = None
    closed: bool = False
    settled: bool = False
    said: Said | None = None
    beliefs: list[tuple[str, Prediction]] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    orders: list[exchange.Order] = field(default_factory=list)

    @property
    def final_only(self) -> bool:
        """Whether no price was known before the announced off."""
        return self.first_priced is not None and self.off is not None and self.first_priced >= self.off


def run(events: Iterable[tuple[str, Event]], entrants: Sequence[Entrant], setup: Setup) -> Outcome:
    """Run strategies over events, which come in the order of their recorded time.

    Every strategy sees the same predictions, made by the functions that make the live ones. What a decision
    at a time sees was recorded at or before that time. Raises BacktestError where a strategy is wrong.
    """
    course = _Course(entrants, setup)
    for name, event, *_ in located(events) if setup.form is None else ranked(events):
        course.take(name, event)
    return course.finish()


class _Withdrawal(NamedTuple):
    """A cancellation on its way."""

    order: exchange.Order


_Due = str | exchange.Order | _Withdrawal


class _Course:
    """The races of a run, the clock, and what is due when."""

    def __init__(self, entrants: Sequence[Entrant], setup: Setup) -> None:
        self._entrants = entrants
        self._setup = setup
        self.outcome = Outcome([Ledger(e.name, e.stakes, e.bankroll) for e in entrants])
        self._races = Races()
        self._running: dict[str, _Running] = {}
        self._done: set[str] = set()
        self._old: list[tuple[int, str]] = []
        self._due: list[tuple[int, int, str, int, _Due]] = []
        self._turn = count()
        self._now = 0
        win = setup.scorer.win
        self._models = f"{win.name}={win.version}"

    def take(self, name: str, event: Any) -> None:
        """One event: first what is due before it, then the event."""
        race_id, time = event["race_id"], event["recorded_time"]
        if time < self._now:
            self.outcome.counts["events that went back in time"] += 1
        self._pass(max(time, self._now))
        if self._setup.form is not None:
            self._setup.form.take(name, event)
            if name not in RANKS or _day_of(race_id) < self._setup.form.first:
                return
        if race_id in self._done:
            self.outcome.counts["events after the end of their race"] += 1
            return
        running = self._running.get(race_id)
        if running is None:
            running = self._running[race_id] = _Running(self._races[race_id])
        if not running.closed and _starts(name, event):
            self._close(running)
        if running.race.fold(name, event):
            self._follow(running, name, event)

    def _follow(self, running: _Running, name: str, event: Any) -> None:
        """What an event leads to once it is folded."""
        if name == "OddsUpdate" and not event["in_play"]:
            if running.first_priced is None:
                running.first_priced = self._now
            running.priced_at = self._now
            self._fill(running)
        elif name in ("RaceCard", "RaceStatus"):
            self._schedule(running)
            if name == "RaceStatus" and event["status"] == "ABANDONED":
                self._void(running, "the race was abandoned")
        elif name == "Scratch":
            self._scratch(running, event)
        elif name == "Result" and event["state"] == "OFFICIAL":
            self._settle(running, event)
        if CHANGE in self._setup.decisions and name in ("OddsUpdate", "Scratch") and not running.closed:
            self._decide(running, CHANGE)

    def _pass(self, time: int) -> None:
        """Let time pass: what is due before `time` happens, each at its own time."""
        while self._due and self._due[0][0] < time:
            due, _, race_id, token, what = heapq.heappop(self._due)
            running = self._running.get(race_id)
            if running is None or running.closed:
                continue
            self._now = max(self._now, due)
            if isinstance(what, exchange.Order):
                if not what.placed:  # else it was taken back before
                    exchange.place(what, exchange.top_of(running.race.view.book, what.ticket.bet.runners[0]))
            elif isinstance(what, _Withdrawal):
                exchange.cancel(what.order)
                running.orders = [order for order in running.orders if order is not what.order]
            elif token == running.token:
                self._decide_or_close(running, what)
        self._now = max(self._now, time)
        while self._old and self._old[0][0] < time - KEPT_MICROS:
            _, race_id = heapq.heappop(self._old)
            self._done.add(race_id)
            self._races.pop(race_id, None)
            if (running := self._running.pop(race_id, None)) is not None:
                self._void_open(running)

    def _decide_or_close(self, running: _Running, label: str) -> None:
        if label != CLOSE:
            self._decide(running, label)
        elif (book := running.race.view.book) is None or book.pool != "EXCHANGE":
            self._close(running)  # an exchange trades on until the race is off, whatever was announced

    def _schedule(self, running: _Running) -> None:
        off = running.race.view.scheduled_off
        if off is None or off == running.off or running.closed:
            return
        running.off = off
        running.token += 1
        for decision in self._setup.decisions:
            if decision != CHANGE:
                time = off if decision == CLOSE else off - round(float(decision) * MICROS)
                if time >= self._now:
                    self._remind(time, running, label_of(decision))
        if CLOSE not in self._setup.decisions:
            self._remind(max(off, self._now), running, CLOSE)

    def _remind(self, time: int, running: _Running, what: _Due) -> None:
        entry = (time, next(self._turn), running.race.state.race_id, running.token, what)
        heapq.heappush(self._due, entry)

    def _close(self, running: _Running) -> None:
        """The race is off: a last decision, closing prices, and the end of orders that wait."""
        if CLOSE in self._setup.decisions:
            self._decide(running, CLOSE)
        running.closed = True
        book = running.race.view.book
        for ticket in running.tickets:
            if book is not None and len(ticket.bet.runners) == 1 and ticket.bet.pool == "WIN":
                ticket.closing_price = quote_of(book, ticket.bet.runners[0]).price
        running.orders = []

    def _decide(self, running: _Running, label: str) -> None:
        view = running.race.view
        if view.stage in STARTED or not view.interests or view.result_state is not None:
            return
        if label == CLOSE and running.first_priced is None:
            self.outcome.counts["races without any price"] += 1
            return
        told = self._predict(running)
        if told is None:
            return
        if label != CHANGE:
            running.beliefs.append((label, told))
        for owner, (entrant, ledger) in enumerate(zip(self._entrants, self.outcome.ledgers, strict=True)):
            moment = Moment(
                label, self._now, running.priced_at, running.final_only, ledger.available,
                _standing(running, owner),
            )  # fmt: skip
            board = board_of(running.race.state.race_id, view, told, moment)
            for asked in _asked(entrant, board, told):
                if isinstance(asked, Cancel):
                    self._withdraw(asked, running, owner)
                elif (ticket := ledger.accept(asked, board)) is not None:
                    self._enter(ticket, running, owner)

    def _predict(self, running: _Running) -> Prediction | None:
        if self._setup.form is not None:
            self._setup.form.tell(running.race, self._now)
        point = capture(running.race)
        (scored,) = self._setup.scorer.score([point])
        if scored is None:
            return None
        said = told_by(said_at(point, scored, self._models), running.said)
        statement = Statement(point, said, running.said)
        running.said = said
        return prediction(statement)

    def _enter(self, ticket: Ticket, running: _Running, owner: int) -> None:
        running.tickets.append(ticket)
        if ticket.bet.venue == "EXCHANGE":
            order = exchange.Order(ticket, self._delayed(), number=next(self._turn), owner=owner)
            running.orders.append(order)
            self._remind(order.active_at, running, order)

    def _withdraw(self, asked: Cancel, running: _Running, owner: int) -> None:
        """A cancellation takes as long as an order; one of an order that is gone changes nothing."""
        order = next((o for o in running.orders if (o.number, o.owner) == (asked.order, owner)), None)
        if order is None:
            self.outcome.counts["cancellations of orders that were gone"] += 1
        else:
            self._remind(self._delayed(), running, _Withdrawal(order))

    def _delayed(self) -> int:
        return self._now + round(self._setup.terms.delay_seconds * MICROS)

    def _fill(self, running: _Running) -> None:
        book = running.race.view.book
        for order in running.orders:
            exchange.step(order, exchange.top_of(book, order.ticket.bet.runners[0]))

    def _scratch(self, running: _Running, event: Any) -> None:
        """A runner is out: what was matched is reduced, what waits is cancelled."""
        if event["action"] != "SCRATCHED":
            return
        running.orders = []
        for ticket in running.tickets:
            if ticket.bet.venue == "EXCHANGE" and event["runner_id"] not in ticket.bet.runners:
                exchange.reduce(ticket, event["reduction_factor"])

    def _settle(self, running: _Running, result: Result) -> None:
        waiting = [t for t in running.tickets if t.state == "OPEN" and not t.bet.races]
        for ticket in waiting:
            settle(ticket, running.race, result, self._setup.terms, self._now)
        if running.settled:  # by another market, or before a correction
            self.outcome.counts["results corrected after they were paid"] += not waiting
            return
        running.settled = True
        self._sample(running, result)
        self._settle_legs(running.race.state.race_id, result)
        self._leave(running)

    def _settle_legs(self, race_id: str, result: Result) -> None:
        """Bets over several races of which this is the last."""
        for running in self._running.values():
            for ticket in running.tickets:
                if ticket.state == "OPEN" and ticket.bet.races and ticket.bet.races[-1] == race_id:
                    views = [self._races[race].view for race in ticket.bet.races]
                    settle_over(ticket, views, result, self._setup.terms, self._now)

    def _sample(self, running: _Running, result: Result) -> None:
        winners = [f["runner_id"] for f in result["finishers"] if f["finish_position"] == 1]
        card = running.race.view.card
        for label, told in running.beliefs:
            runners = [r for r in told["runners"] if r["win_probability"] is not None]
            won = [(r["runner_id"] in winners) / max(1, len(winners)) for r in runners]
            if sum(won) > 0.0:
                self.outcome.samples.append(
                    Sample(
                        told["race_id"],
                        card.get("race_date", ""),
                        card.get("track_code", ""),
                        label,
                        win=[float(r["win_probability"] or 0.0) for r in runners],
                        public=[float(r["public_probability"] or 0.0) for r in runners],
                        form=[float(r["fundamental_probability"] or 0.0) for r in runners],
                        won=won,
                    )
                )

    def _void_open(self, running: _Running) -> None:
        """What no result has settled by the time a race is forgotten."""
        for ticket in running.tickets:
            if ticket.state == "OPEN":
                over = (
                    "its last race has no result" if ticket.bet.races else "whether it was placed is not told"
                )
                void(ticket, over, self._now)

    def _void(self, running: _Running, why: str) -> None:
        for ticket in running.tickets:
            if ticket.state == "OPEN":
                void(ticket, why, self._now)
        running.settled = running.closed = True
        self._leave(running)

    def _leave(self, running: _Running) -> None:
        self.outcome.races += 1
        self.outcome.final_only += running.final_only
        race_id = running.race.state.race_id
        heapq.heappush(self._old, (self._now, race_id))

    def finish(self) -> Outcome:
        """The end of the events: what is still open has no result."""
        self._pass(1 << 62)
        for race_id, running in self._running.items():
            if not running.settled and running.tickets:
                self.outcome.counts["races with bets and without a result"] += 1
                self._void(running, f"{race_id} has no official result")
        for ledger in self.outcome.ledgers:
            self.outcome.counts.update(ledger.counts)
        return self.outcome


def label_of(decision: str | float) -> str:
    """The name of a decision: close, change, or as "-10m", "-10s" before the off."""
    if isinstance(decision, str):
        return decision
    return f"-{decision / 60:g}m" if decision >= 60 and decision % 60 == 0 else f"-{decision:g}s"


def _day_of(race_id: str) -> date:
    """The day in a race's id."""
    return date.fromisoformat(race_id.split("-")[1])


def _starts(name: str, event: Any) -> bool:
    """Whether an event says that the race is off."""
    if name == "RaceStatus":
        return event["status"] in STARTED
    return name == "Result" or (name == "OddsUpdate" and event["in_play"])


def _standing(running: _Running, owner: int) -> tuple[Standing, ...]:
    return tuple(
        Standing(o.number, o.ticket.bet, o.ticket.matched, o.left if o.placed else o.ticket.stake)
        for o in running.orders
        if o.owner == owner and (not o.placed or o.left >= exchange.SMALLEST)
    )


def _asked(entrant: Entrant, board: Board, told: Prediction) -> Iterator[Bet | Cancel]:
    """The bets and cancellations that a strategy asks for; what goes wrong in it is said with where."""
    try:
        yield from entrant.strategy.on_race(board, told) or ()
    except BacktestError as error:
        raise type(error)(f"{entrant.name}, {board.race_id} at {iso(board.time)}: {error}") from error
    except Exception as error:
        where = f"{entrant.name}, {board.race_id} at {iso(board.time)}"
        raise BacktestError(f"{where}: the strategy failed: {error!r}") from error
