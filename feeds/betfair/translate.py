"""Stream messages to events: a pure translator that keeps each market's definition and order book."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from msgspec import DecodeError, Raw

from feeds.betfair import definition as defined
from feeds.betfair.book import RunnerBook
from feeds.betfair.messages import (
    HORSE_RACING,
    Definition,
    MarketChange,
    RunnerChange,
    decode_change,
    decode_message,
)
from feeds.betfair.races import Race, RaceDirectory, track_of
from schemas.dead_letters import dead_letter
from schemas.identity import uuid_of
from schemas.records import Event, MarketType, RunnerPrice

SOURCE = "betfair"
MARKET_TYPES: dict[str | None, MarketType] = {"WIN": "WIN", "PLACE": "PLACE", "OTHER_PLACE": "PLACE"}
QUIET_OPS = ("connection", "status")
UNREADABLE = (DecodeError, UnicodeDecodeError, RecursionError, ValueError)
"""What decoding raises on bytes that are no message, and what a race that cannot be told raises."""
SEQUENCES_PER_MS = 4096
LAST_PT = 1 << 42
"""Publish times are milliseconds; later ones than this (2109) are something else."""

Named = tuple[str, Event]
"""Name of the event's schema, and the event."""


class Origin(Protocol):
    """Where a message came from."""

    @property
    def origin(self) -> str:
        """In words, such as file and line."""


@dataclass(slots=True)
class Market:
    """What is known of one market."""

    market_id: str
    race: Race
    market_type: MarketType
    definition: Definition | None = None
    books: dict[int, RunnerBook] = field(default_factory=dict)
    places: int | None = None
    off: bool = False
    off_time: int | None = None
    pt: int = 0
    recorded_time: int = 0
    seen: list[Raw] = field(default_factory=list)
    """Changes of this publish time in order: a repeat is the same change."""
    emitted: int = 0

    def book(self, runner_id: int) -> RunnerBook:
        """The order book of a runner, also of one that no definition has named."""
        found = self.books.get(runner_id)
        if found is None:
            found = self.books[runner_id] = RunnerBook(str(runner_id))
            runners = self.definition.runners if self.definition else ()
            found.starting_price = next(
                (defined.starting_price(r) for r in runners if r.id == runner_id), None
            )
        return found


def _event(market: Market, name: str, kind: str, body: dict[str, Any]) -> Named:
    """An event of the market's newest change. Its race and the change's bytes, time and index identify it.

    The race does too because it hangs on what else is fed: a place market alone is of another race id.
    """
    race_id, pt, seen = market.race.race_id, market.pt, market.seen
    identity = f"{SOURCE}:{race_id}:{market.market_id}:{pt}:{len(seen) - 1}:{kind}:"
    event = {
        "event_id": uuid_of(identity.encode() + bytes(seen[-1])),
        "source": SOURCE,
        "race_id": race_id,
        "event_time": pt * 1000,
        "recorded_time": market.recorded_time,
        "sequence": pt * SEQUENCES_PER_MS + market.emitted,
        **body,
    }
    market.emitted += 1
    return name, cast(Event, event)


class Translator:
    """Turns messages into events, in order. Same messages, same events, ids and sequences included."""

    def __init__(self) -> None:
        self.directory = RaceDirectory()
        self._markets: dict[str, Market] = {}

    def translate(self, message: bytes, origin: Origin, received: int | None = None) -> list[Named]:
        """Events of one message; of one that cannot be understood, a DeadLetter with its bytes.

        `origin` says where the message came from; `received` when, in microseconds since 1970: left out of
        a recording, which was known at its publish time.
        """
        try:
            parsed = decode_message(message)
        except UNREADABLE as error:
            return [self._dead(message, origin, f"not a stream message: {error}", received)]
        if parsed.op != "mcm":
            reason = f"op {parsed.op!r} is not a market change"
            return [] if parsed.op in QUIET_OPS else [self._dead(message, origin, reason, received)]
        if parsed.pt is None or not 0 < parsed.pt < LAST_PT:
            return [self._dead(message, origin, "market change without a possible publish time pt", received)]
        if parsed.mc is not None and len(parsed.mc) == 1:
            return self._change(parsed.mc[0], parsed.pt, origin, received)
        # A place market may stand before the win market that lends it the race number.
        for definition in readable_definitions(parsed.mc or []):
            self.directory.learn(definition)
        return [named for raw in parsed.mc or () for named in self._change(raw, parsed.pt, origin, received)]

    def forget(self, market_id: str) -> None:
        """Let go of a market that is over; a feed that runs for weeks would keep them all."""
        self._markets.pop(market_id, None)
        self.directory.forget(market_id)

    def _change(self, raw: Raw, pt: int, origin: Origin, received: int | None) -> list[Named]:
        try:
            change = decode_change(raw)
            definition = change.definition
            market = self._market(change.id, definition)
        except UNREADABLE as error:
            return [self._dead(raw, origin, f"market change not understood: {error}", received, pt=pt)]
        if market.pt != pt:
            market.pt, market.seen, market.emitted = pt, [raw], 0
            # A recorder whose clock steps back still knew this change only after the one before it.
            market.recorded_time = max(market.recorded_time, pt * 1000 if received is None else received)
        elif any(bytes(raw) == bytes(known) for known in market.seen):
            return []
        else:
            market.seen.append(raw)
        events, problems = _events(market, change, definition)
        if problems:
            reason, race_id = "; ".join(problems), market.race.race_id
            events.append(self._dead(raw, origin, reason, received, pt=pt, race_id=race_id))
        return events

    def _market(self, market_id: str, definition: Definition | None) -> Market:
        """The market; ValueError where its race cannot be told or it is not one for this feed."""
        market = self._markets.get(market_id)
        if market is not None:
            return market
        if definition is None:
            raise ValueError(f"market {market_id} has prices before any definition named its race")
        if definition.eventTypeId is not None and str(definition.eventTypeId) != HORSE_RACING:
            raise ValueError(
                f"market {market_id} is of event type {definition.eventTypeId}, not horse racing"
            )
        kind = MARKET_TYPES.get(definition.marketType)
        if kind is None:
            raise ValueError(f"market {market_id} is a {definition.marketType} market, not WIN or PLACE")
        race = self.directory.race(market_id, definition)
        market = self._markets[market_id] = Market(market_id, race, kind)
        return market

    @staticmethod
    def _dead(
        payload: bytes | Raw,
        origin: Origin,
        reason: str,
        received: int | None,
        *,
        pt: int = 0,
        race_id: str = "",
    ) -> Named:
        time = pt * 1000
        return "DeadLetter", dead_letter(
            SOURCE,
            bytes(payload),
            origin.origin,
            reason,
            event_time=time,
            recorded_time=time if received is None else received,
            race_id=race_id,
        )


def readable_definitions(changes: list[Raw]) -> list[Definition]:
    """The definitions among changes that can be read and tell their race."""
    found = []
    for raw in changes:
        try:
            definition = decode_change(raw).definition
            if definition is not None and track_of(definition):
                found.append(definition)
        except UNREADABLE:
            continue  # translating it gives the dead letter
    return found


def _events(
    market: Market, change: MarketChange, definition: Definition | None
) -> tuple[list[Named], list[str]]:
    """Events of a change, and what in it cannot be."""
    if change.img:
        market.books.clear()
    events: list[Named] = []
    if definition is not None:
        before, market.definition = market.definition, definition
        events += _defined(market, before, definition)
    problems: list[str] = []
    if change.rc or change.img:
        quotes = _quotes(market, change.rc or (), problems)
        # Deep in the ladder nothing that is carried changes: then there is nothing to say.
        if quotes or change.img:
            events.append(_event(market, "OddsUpdate", "odds", _odds(market, quotes, bool(change.img))))
    return events, problems


def _quotes(market: Market, changes: Iterable[RunnerChange], problems: list[str]) -> list[RunnerPrice]:
    """Fold changes of runners into their books; the quotes of those that changed anything carried."""
    books = market.books
    touched: dict[int, RunnerBook] = {}
    for runner in changes:
        id = runner.id
        book = books.get(id) or market.book(id)
        if book.apply(runner, problems):
            touched[id] = book
    return [book.quote() for book in touched.values()]


def _defined(market: Market, before: Definition | None, now: Definition) -> Iterator[Named]:
    """Events of a definition: only what changed since the one before."""
    market_id = market.market_id
    card = defined.card(market_id, market.race, now)
    if before is None or defined.card(market_id, market.race, before) != card:
        yield _event(market, "RaceCard", "card", card)
    status = defined.status(market_id, now, market.pt * 1000, market.off_time)
    if before is None or defined.status(market_id, before, market.pt * 1000, market.off_time) != status:
        yield _event(market, "RaceStatus", "status", status)
    market.off, market.off_time = defined.is_off(now), status["off_time"]
    market.places = now.numberOfWinners if market.market_type == "PLACE" else None
    for scratch in defined.scratches(market_id, before, now):
        yield _event(market, "Scratch", f"scratch:{scratch['runner_id']}", scratch)
    priced = {runner.id: runner.bsp for runner in before.runners} if before else {}
    changed = [runner for runner in now.runners if runner.bsp != priced.get(runner.id)]
    for runner in changed:
        market.book(runner.id).starting_price = defined.starting_price(runner)
    if changed:
        quotes = [market.book(runner.id).quote() for runner in changed]
        yield _event(market, "OddsUpdate", "starting-prices", _odds(market, quotes, False))
    result = defined.result(market_id, now)
    if result is not None and (before is None or defined.result(market_id, before) != result):
        yield _event(market, "Result", "result", result)


def _odds(market: Market, quotes: list[RunnerPrice], image: bool) -> dict[str, Any]:
    return {
        "market_id": market.market_id,
        "market_type": market.market_type,
        "pool": "EXCHANGE",
        "image": image,
        "in_play": market.off,
        "places": market.places,
        "runners": quotes,
    }
