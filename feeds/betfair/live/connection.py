"""One connection to the stream, kept up: dropped, stalled or refused, it comes back where it stopped."""

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple, NoReturn

import structlog

from feeds.betfair.live.protocol import (
    PATIENCE_SECONDS,
    Authenticated,
    Changed,
    Clocks,
    Refused,
    Said,
    StreamClient,
    Subscribed,
    Subscription,
    Unreadable,
)
from feeds.betfair.live.pulse import Pulse
from feeds.betfair.live.refusals import Remedy, refusal
from feeds.betfair.live.retry import Backoff
from feeds.betfair.live.session import Account, UnavailableError
from schemas.errors import FeedError

READ_BYTES = 1 << 16
SESSIONS_REFUSED = 3
"""New sessions that may be taken at first and then refused to the subscription, before that is for good."""

log = structlog.get_logger("hpr.feed")


class Address(NamedTuple):
    """Where the stream is, and how its certificate is verified."""

    host: str
    port: int
    tls: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, so that tests can have their own."""

    monotonic: Callable[[], float] = time.monotonic
    micros: Callable[[], int] = lambda: time.time_ns() // 1000
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


class DroppedError(Exception):
    """The connection is gone. `code` is Betfair's where it said one."""

    def __init__(self, reason: str, code: str | None = None) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class Connection:
    """Subscribes to its share of the markets; `hear` takes what it says, at once and in order."""

    number: int
    address: Address
    account: Account
    subscription: Subscription
    hear: Callable[[Changed | Unreadable], None]
    clock: Clock = field(default_factory=Clock)
    pulse: Pulse = field(default_factory=Pulse)
    drops: int = 0
    _clocks: Clocks = field(default_factory=Clocks)
    _client: StreamClient | None = None
    _writer: asyncio.StreamWriter | None = None
    _good_since: float | None = None
    _session_refused: bool = False
    _authenticated: bool = False
    _refused_late: int = 0

    def subscribe(self, market_ids: tuple[str, ...]) -> None:
        """Subscribe to other markets from now on."""
        self.subscription, self._clocks = replace(self.subscription, market_ids=market_ids), Clocks()
        if self._client is not None and self._writer is not None:
            self._client.subscribe(self.subscription)
            self._writer.write(self._client.outgoing())

    async def run(self) -> NoReturn:
        """Stay connected until cancelled; FeedError where trying again is of no use."""
        backoff = Backoff(self.clock.random)
        while True:
            self._good_since, self._authenticated = None, False
            try:
                await self._connected()
            except DroppedError as dropped:
                remedy = self._after(dropped)
            good = 0.0 if self._good_since is None else self.clock.monotonic() - self._good_since
            wait = backoff.wait(good, slower=remedy is Remedy.SLOWER)
            if remedy in (Remedy.LOG_IN, Remedy.FORGET_CLOCKS) and self._good_since is None:
                wait = 0.0
            log.warning(
                "stream dropped", connection=self.number, why=self.pulse.trouble, again_in=round(wait, 1)
            )
            await self.clock.sleep(wait)

    async def _connected(self) -> NoReturn:
        """One connection from its beginning to its end."""
        try:
            token = await self.account.token()
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await asyncio.open_connection(
                    self.address.host, self.address.port, ssl=self.address.tls
                )
        except TimeoutError as error:
            raise DroppedError(f"{self.address.host} does not answer") from error
        except (OSError, UnavailableError) as error:
            raise DroppedError(str(error)) from error
        self._client = StreamClient(self.account.app_key, token, self.subscription, self._clocks)
        self._writer = writer
        try:
            await self._converse(reader, writer, self._client)
        except DroppedError as dropped:
            if dropped.code is not None and refusal(dropped.code).remedy is Remedy.LOG_IN:
                self.account.discard(token)
            raise
        except OSError as error:
            raise DroppedError(str(error)) from error
        finally:
            self._clocks = self._client.clocks
            self._client = self._writer = None
            self.pulse.subscribed = False
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()  # the transport lets go of its socket a turn of the loop later

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: StreamClient
    ) -> NoReturn:
        while True:
            try:
                async with asyncio.timeout(client.patience):
                    data = await reader.read(READ_BYTES)
            except TimeoutError as error:
                raise DroppedError(f"nothing heard for {client.patience:g} s") from error
            if not data:
                raise DroppedError("Betfair closed the connection")
            self.pulse.heard = self.clock.monotonic()
            for said in client.receive(data):
                self._take(said)
            self.pulse.heartbeat_seconds = client.heartbeat_seconds
            if out := client.outgoing():
                writer.write(out)
                await writer.drain()

    def _take(self, said: Said) -> None:
        match said:
            case Changed():
                self.pulse.late = said.late
                self.hear(said)
            case Unreadable():
                self.hear(said)
            case Refused(code, message):
                raise DroppedError(f"Betfair says {code}: {message or 'no more'}", code)
            case Authenticated(available):
                self._authenticated, self._session_refused = True, False
                log.info(
                    "stream accepts the session", connection=self.number, connections_available=available
                )
            case Subscribed():
                if self._good_since is None:
                    self._good_since = self.clock.monotonic()
                self._refused_late = 0
                self.pulse.subscribed, self.pulse.late, self.pulse.counts_from = True, False, 0.0
                log.info("subscribed", connection=self.number, markets=len(self.subscription.market_ids))

    def _after(self, dropped: DroppedError) -> Remedy:
        """Note why it dropped; what to do about it, or FeedError where nothing can be done."""
        self.drops += 1
        self.pulse.trouble = str(dropped)
        remedy = Remedy.AGAIN
        if dropped.code is not None:
            remedy, advice = refusal(dropped.code)
            self.pulse.trouble = f"{dropped}; {advice}"
        if remedy is Remedy.END or (remedy is Remedy.LOG_IN and self._sessions_are_no_good()):
            raise FeedError(self.pulse.trouble)
        if remedy is not Remedy.LOG_IN:
            self._session_refused = False
        if remedy is Remedy.FORGET_CLOCKS:
            sent, self._clocks = self._clocks != Clocks(), Clocks()
            return remedy if sent else Remedy.AGAIN  # without clocks there is nothing to mend by hurry
        return remedy

    def _sessions_are_no_good(self) -> bool:
        """Note that a session was refused; whether another would be as well."""
        if self._authenticated:
            self._refused_late += 1
            return self._refused_late > SESSIONS_REFUSED
        again, self._session_refused = self._session_refused, True
        return again
