"""The live feed as a whole: catalogue, connections, intake, heartbeats; until it is stopped or refused."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import structlog

from feeds.betfair.live.catalogue import Window, listed
from feeds.betfair.live.changes import Listing
from feeds.betfair.live.connection import Address, Clock, Connection
from feeds.betfair.live.intake import Intake, Origin
from feeds.betfair.live.markets import plan
from feeds.betfair.live.protocol import PATIENCE_SECONDS, Changed, Subscription, Unreadable
from feeds.betfair.live.pulse import Pulse, Skew, Vitals, Word
from feeds.betfair.live.recorder import UNSURE_SECONDS, Recorder, pack
from feeds.betfair.live.retry import Backoff
from feeds.betfair.live.session import Account, CallRefusedError, UnavailableError
from feeds.betfair.messages import parse_time
from feeds.betfair.translate import SOURCE, Named
from feeds.runner import feed_status
from schemas.identity import MICROS, instant
from topics.catalogue import EVENT_TOPIC, FEED_STATUS
from topics.producer import EventProducer

TICK_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 3600.0
PACK_SECONDS = UNSURE_SECONDS
"""Silence after which a closed market's recording is packed."""

SOON = timedelta(hours=2)
"""New markets that start within it are subscribed to at once."""

DISTANT_EVERY = timedelta(hours=1)
"""How often new markets that start later are."""

VANISHED = timedelta(hours=12)
"""A market so long after its start that the catalogue does not list is over, whatever the stream said."""

log = structlog.get_logger("hpr.feed")


def starts_at(listing: Listing) -> datetime:
    """When the market's race starts, or did."""
    return parse_time(listing.start)


class StoppedError(Exception):
    """The feed was asked to stop."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is subscribed to, and within which limits."""

    window: Window = field(default_factory=Window)
    heartbeat_ms: int = 5000
    conflate_ms: int = 0
    market_limit: int = 200
    connections: int = 4
    refresh_seconds: float = 300.0


class LiveFeed:
    """One process of the feed. `run` ends when `stop` is set, or with FeedError or BrokerError."""

    def __init__(
        self,
        account: Account,
        address: Address,
        producer: EventProducer,
        *,
        options: Options | None = None,
        recorder: Recorder | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.published = 0
        self.dead_letters = 0
        self.connections: dict[int, Connection] = {}
        self.skew = Skew()
        self._account, self._address, self._producer = account, address, producer
        self._options, self._recorder, self._clock = options or Options(), recorder, clock or Clock()
        self._intake = Intake(self._publish, recorder)
        self._vitals = Vitals()
        self._catalogue = Pulse(heartbeat_seconds=self._options.refresh_seconds)
        self._note: str | None = None
        self._over: set[str] = set()
        self._distant_at = datetime.min.replace(tzinfo=UTC)
        self._instance = uuid4().hex
        self._group: asyncio.TaskGroup
        self._tasks: dict[int, asyncio.Task[NoReturn]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Feed until stopped; all is recorded and acknowledged when this returns."""
        try:
            if resumed := self._intake.resume(self._clock.micros()):
                log.info("resumed from the recording", markets=resumed)
            async with asyncio.TaskGroup() as self._group:
                works = self._subscribing(), self._beating(), self._packing(), self._staying_logged_in()
                for work in works:
                    self._group.create_task(work)
                await stop.wait()
                raise StoppedError
        except BaseExceptionGroup as failed:
            causes = [cause for cause in failed.exceptions if not isinstance(cause, StoppedError)]
            if causes:
                raise causes[0] from None
        finally:
            if self._vitals.alive:
                self._say(Word("DISCONNECTED", "the feed ends"))
            self._producer.flush(timeout=60.0)
            for closing in self._closing(0):
                pack(closing)

    async def _subscribing(self) -> NoReturn:
        """Ask for the catalogue now and again, and subscribe to what it lists.

        Once it has come, a refusal is no reason to end: the streams run on.
        """
        backoff = Backoff(self._clock.random)
        while True:
            now = instant(self._clock.micros())
            try:
                listings = await listed(self._account, self._options.window, now)
            except (UnavailableError, CallRefusedError) as error:
                if isinstance(error, CallRefusedError) and not self._catalogue.heard:
                    raise
                self._catalogue.subscribed, self._catalogue.trouble = False, str(error)
                wait = backoff.wait(0.0, slower=isinstance(error, CallRefusedError))
                log.warning("no market catalogue", why=str(error), again_in=round(wait, 1))
            else:
                self._subscribe(listings, now)
                self._catalogue.subscribed, self._catalogue.heard = True, self._clock.monotonic()
                backoff, wait = Backoff(self._clock.random), self._options.refresh_seconds
            await self._clock.sleep(wait)

    def _subscribe(self, listings: Sequence[Listing], now: datetime) -> None:
        self._intake.learn(listings)
        known = {listing.market_id for listing in listings}
        self._over |= self._intake.closed.keys() | self._vanished(known, now)
        before = {number: c.subscription.market_ids for number, c in self.connections.items()}
        shares, left_out = plan(
            before, self._wanted(listings, now), self._over,
            self._options.market_limit, self._options.connections,
        )  # fmt: skip
        self._note = f"{len(left_out)} markets beyond the limits are left out" if left_out else None
        if self._note:
            log.warning(self._note + "; raise --market-limit or --connections, or narrow the subscription")
        for number in before.keys() - shares.keys():
            self._tasks.pop(number).cancel()
            del self.connections[number]
        for number, ids in shares.items():
            if number not in before:
                self._connect(number, ids)
            elif ids != before[number]:
                self.connections[number].subscribe(ids)
        # The catalogue may go on listing a market for a while after the stream closed it.
        self._over &= known.union(*shares.values())

    def _wanted(self, listings: Sequence[Listing], now: datetime) -> list[str]:
        """Markets to subscribe to, the most urgent first.

        Those that went off, are listed no more and have not closed come before all: their results are to
        come, also after a restart. A market that joins costs whole images of its connection's others, so
        distant ones join together.
        """
        listed = {listing.market_id for listing in listings}
        until = now + SOON
        if now >= self._distant_at:
            self._distant_at, until = now + DISTANT_EVERY, datetime.max.replace(tzinfo=UTC)
        off = [m for m in self._intake.listings.values() if m.market_id not in listed and starts_at(m) <= now]
        return [m.market_id for m in (*off, *listings) if starts_at(m) <= until]

    def _vanished(self, listed: set[str], now: datetime) -> set[str]:
        """Markets of the past that are listed no more; what is known of them is forgotten."""
        gone = {
            listing.market_id
            for listing in self._intake.listings.values()
            if listing.market_id not in listed and starts_at(listing) < now - VANISHED
        }
        for market_id in gone:
            self._intake.forget(market_id)
        return gone

    def _connect(self, number: int, market_ids: tuple[str, ...]) -> None:
        wanted = Subscription(market_ids, self._options.heartbeat_ms, self._options.conflate_ms)
        hear = partial(self._hear, Origin(f"{self._address.host}:{self._address.port} connection {number}"))
        pulse = Pulse(counts_from=self._clock.monotonic() + PATIENCE_SECONDS)
        connection = Connection(number, self._address, self._account, wanted, hear, self._clock, pulse)
        self.connections[number] = connection
        self._tasks[number] = self._group.create_task(connection.run())

    def _hear(self, origin: Origin, said: Changed | Unreadable) -> None:
        received = self._clock.micros()
        if isinstance(said, Changed) and said.pt and said.kind in (None, "HEARTBEAT"):
            self.skew.add(received, said.pt)
        self._intake.take(said, received, origin)

    def _publish(self, named: Named) -> None:
        name, event = named
        self._producer.publish(EVENT_TOPIC[name].name, event)
        self.published += 1
        self.dead_letters += name == "DeadLetter"

    async def _beating(self) -> NoReturn:
        """Look after the feed once a second: what it says of itself, and deliveries."""
        was_skewed = False
        while True:
            pulses = [connection.pulse for connection in self.connections.values()]
            note = self.skew.note or self._note or (None if pulses else "no markets to subscribe to")
            word = self._vitals.word(self._clock.monotonic(), pulses or [self._catalogue], note)
            if word is not None:
                self._say(word)
            if (skewed := self.skew.note is not None) is not was_skewed:
                log.warning("clock skew", note=self.skew.note or "over")
                was_skewed = skewed
            self._producer.poll()
            await self._clock.sleep(TICK_SECONDS)

    async def _packing(self) -> NoReturn:
        """Pack the recordings of markets that are over; what takes long there holds nothing else up."""
        left = self._recorder.left_to_pack if self._recorder is not None else []
        while True:
            for closing in (*left, *self._closing(PACK_SECONDS)):
                await asyncio.to_thread(pack, closing)
            left = []
            await self._clock.sleep(TICK_SECONDS)

    def _say(self, word: Word) -> None:
        level = log.warning if word.state == "DISCONNECTED" else log.info
        level(
            "feeding",
            state=word.state,
            detail=word.detail,
            events=self.published,
            dead_letters=self.dead_letters,
            skew_seconds=round(self.skew.seconds, 3),
        )
        now = self._clock.micros()
        status = feed_status(
            SOURCE, word.state, self.published, now, detail=word.detail, instance=self._instance
        )
        self._producer.publish(FEED_STATUS.name, status)

    def _closing(self, seconds: int) -> list[Path]:
        """Recordings of markets that closed and said nothing for so long, ready to be packed."""
        until = self._clock.micros() - seconds * MICROS
        over = [market_id for market_id, heard in self._intake.closed.items() if heard <= until]
        for market_id in over:
            self._over.add(market_id)
            self._intake.forget(market_id)
        if self._recorder is None:
            return []
        return [path for market_id in over if (path := self._recorder.close_market(market_id)) is not None]

    async def _staying_logged_in(self) -> NoReturn:
        while True:
            await self._clock.sleep(KEEP_ALIVE_SECONDS)
            try:
                await self._account.keep_alive()
            except UnavailableError as error:
                log.warning("the session was not kept alive", why=str(error))
