"""Runs the live feed against the small Betfair, with a producer that keeps what is published."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from feeds.betfair.live.connection import Address, Clock
from feeds.betfair.live.live import LiveFeed, Options
from feeds.betfair.live.recorder import Recorder
from feeds.betfair.live.session import Account, Credentials, tls
from feeds.betfair.translate import Named
from schemas.records import Event
from tests.feeds.betfair.live.exchange import APP_KEY, PASSWORD, USERNAME, Authority, Exchange, updates
from tests.feeds.betfair.live.website import Website, catalogue_of
from topics.catalogue import BY_NAME, FEED_STATUS
from topics.producer import EventProducer

FASTER = 100.0
"""Naps of the feed take so many times less; heartbeats and stalls are the stream's and take their time."""


@dataclass
class Kept:
    """A producer that keeps what it is given."""

    events: list[Named] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    flushes: int = 0

    def publish(self, topic: str, record: dict[str, Any]) -> None:
        if topic == FEED_STATUS.name:
            self.statuses.append(record)
        else:
            self.events.append((BY_NAME[topic].schema, cast(Event, record)))

    def poll(self) -> None:
        pass

    def flush(self, timeout: float) -> None:
        self.flushes += 1

    @property
    def ids(self) -> list[str]:
        return [event["event_id"] for _, event in self.events]

    @property
    def ended(self) -> bool:
        """Whether the last that was published is a result."""
        return bool(self.events) and self.events[-1][0] == "Result"

    @property
    def states(self) -> list[str]:
        return [status["state"] for status in self.statuses]


def clock_from(pt: int) -> Clock:
    """A clock that stood at `pt` (milliseconds) when it was made; its naps are short and its dice show 0."""
    began = time.monotonic()
    return Clock(
        micros=lambda: pt * 1000 + int((time.monotonic() - began) * 1e6),
        sleep=lambda seconds: asyncio.sleep(seconds / FASTER),
        random=lambda: 0.0,
    )


async def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is true; TimeoutError if it does not come."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@dataclass
class Betfair:
    """The small Betfair, and the captures it plays."""

    authority: Authority
    exchange: Exchange
    website: Website

    def account(self, **changes: Any) -> Account:
        credentials = replace(Credentials(APP_KEY, USERNAME, PASSWORD), **changes)
        return Account(credentials, self.website.address, self.website.address, self.authority.ca)

    async def asked_for_the_catalogue(self, times: int) -> None:
        """Wait until the catalogue was asked for so many times more."""
        before = self.website.calls
        await until(lambda: self.website.calls >= before + times)

    @contextlib.asynccontextmanager
    async def feed(
        self, options: Options | None = None, record: Path | None = None, clock: Clock | None = None
    ) -> AsyncIterator[tuple[LiveFeed, Kept]]:
        """The feed at work; stopped at the end, where what it raises is raised."""
        stop, kept = asyncio.Event(), Kept()
        address = Address("127.0.0.1", self.exchange.port, tls(self.authority.ca))
        async with self.account() as account, contextlib.AsyncExitStack() as stack:
            recorder = stack.enter_context(Recorder(record)) if record else None
            pt = self.exchange.day[0].pt if self.exchange.day else 1_700_000_000_000
            feed = LiveFeed(
                account,
                address,
                cast(EventProducer, kept),
                options=options or Options(heartbeat_ms=500),
                recorder=recorder,
                clock=clock or clock_from(pt),
            )
            running = asyncio.create_task(feed.run(stop))
            try:
                yield feed, kept
            except TimeoutError:
                if running.done():
                    running.result()
                raise
            finally:
                stop.set()
                await asyncio.wait([running])
            running.result()


@contextlib.asynccontextmanager
async def betfair(authority: Authority, *captures: list[bytes], **exchange: Any) -> AsyncIterator[Betfair]:
    """A small Betfair that plays captures, given as their lines, together."""
    day = sorted((u for lines in captures for u in updates(lines)), key=lambda update: update.pt)
    if len(captures) > 1:  # whose clocks are their own
        day = [replace(update, clk=str(at)) for at, update in enumerate(day)]
    context = authority.server()
    async with (
        Exchange(context, day, **exchange) as stream,
        Website(context, [catalogue_of(lines) for lines in captures], sessions=set()) as website,
    ):
        stream.sessions = website.sessions
        yield Betfair(authority, stream, website)
