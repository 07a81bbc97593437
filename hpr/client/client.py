"""The shells: a sync and an async client over httpx and websockets, around the same REST and session."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import aclosing
from types import TracebackType
from typing import Self, cast

import httpx
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect as connect_sync

from gateway.contract import RaceDay, RaceHistory, RaceState
from hpr.client import rest
from hpr.client.errors import LiveError, UnreachableError
from hpr.client.retry import addresses, backoff, is_final
from hpr.client.session import ComeBackError, LiveSession
from hpr.client.updates import Update

SILENT_HEARTBEATS = 2.5
TIMEOUT_SECONDS = 10.0
LARGEST_BYTES = 64 << 20
"""Largest frame taken: a first answer may hold the races of many days."""

Token = str | Callable[[], str | None] | None
"""A token, or what gives one that is good now; it is asked again before each connection and renewal."""

LOST = (OSError, TimeoutError, WebSocketException, ComeBackError)


class _Base:
    def __init__(self, url: str, *others: str, token: Token = None) -> None:
        self._urls = (url, *others)
        self._token: Callable[[], str | None] = token if callable(token) else lambda: token

    def _session(self, channels: tuple[str, ...], deltas: bool) -> LiveSession:
        return LiveSession(channels or ("track:*", "alerts"), self._token, deltas=deltas)


class Client(_Base):
    """A gateway's client that blocks. `others` are further gateways of the same cluster, tried in turns.

    Example: `for update in Client("http://127.0.0.1:8000").live("track:*", "alerts"): print(update)`
    """

    def __init__(self, url: str, *others: str, token: Token = None) -> None:
        super().__init__(url, *others, token=token)
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def races(self, track: str | None = None, date: str | None = None) -> RaceDay:
        """Races by time to the off, of a track code, of a local racing date (YYYY-MM-DD), or of both."""
        return cast(RaceDay, self._get("/v1/races", rest.filters(track, date)))

    def race(self, race_id: str) -> RaceState:
        """The latest of one race."""
        return cast(RaceState, self._get(rest.race(race_id)))

    def history(self, race_id: str) -> RaceHistory:
        """Closing price of each runner, bar by bar."""
        return cast(RaceHistory, self._get(rest.history(race_id)))

    def _get(self, path: str, params: dict[str, str] | None = None) -> object:
        failure: Exception | None = None
        for url in self._urls:
            try:
                asked = self._http.get(
                    url.rstrip("/") + path, params=params, headers=rest.headers(self._token())
                )
            except httpx.TransportError as error:
                failure = error
            else:
                return rest.answer(asked)
        raise UnreachableError(f"no gateway answers at {', '.join(self._urls)}: {failure}") from failure

    def live(self, *channels: str, deltas: bool = True) -> Generator[Update]:
        """Updates of the channels, for ever: connects, and comes back with its positions when cut off.

        Without channels every race and all alerts. Raises LiveError if the gateway refuses it for good.
        """
        session, attempt = self._session(channels, deltas), 0
        for url in addresses(self._urls):
            try:
                yield from self._connection(rest.live_address(url), session)
            except LOST as error:
                _check_final(error)
            attempt = 0 if session.live else attempt + 1
            time.sleep(backoff(attempt, random.random()))

    def _connection(self, uri: str, session: LiveSession) -> Iterator[Update]:
        session.live = False
        with connect_sync(
            uri, open_timeout=TIMEOUT_SECONDS, max_size=LARGEST_BYTES, compression=None
        ) as socket:
            due = _Due(session)
            for frame in session.opened():
                socket.send(frame)
            while True:
                try:
                    text = socket.recv(due.patience())
                except TimeoutError:
                    if due.silent():
                        raise
                    text = None
                step = session.receive(str(text)) if text is not None else None
                for frame in [*(step.send if step else ()), *due.refresh(heard=step is not None)]:
                    socket.send(frame)
                yield from step.updates if step else ()


class AsyncClient(_Base):
    """A gateway's client for asyncio. `others` are further gateways of the same cluster, tried in turns.

    Example: `async for update in AsyncClient("http://127.0.0.1:8000").live("track:*"): print(update)`
    """

    def __init__(self, url: str, *others: str, token: Token = None) -> None:
        super().__init__(url, *others, token=token)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of its connections."""
        await self._http.aclose()

    async def races(self, track: str | None = None, date: str | None = None) -> RaceDay:
        """Races by time to the off, of a track code, of a local racing date (YYYY-MM-DD), or of both."""
        return cast(RaceDay, await self._get("/v1/races", rest.filters(track, date)))

    async def race(self, race_id: str) -> RaceState:
        """The latest of one race."""
        return cast(RaceState, await self._get(rest.race(race_id)))

    async def history(self, race_id: str) -> RaceHistory:
        """Closing price of each runner, bar by bar."""
        return cast(RaceHistory, await self._get(rest.history(race_id)))

    async def _get(self, path: str, params: dict[str, str] | None = None) -> object:
        failure: Exception | None = None
        for url in self._urls:
            try:
                asked = await self._http.get(
                    url.rstrip("/") + path, params=params, headers=rest.headers(self._token())
                )
            except httpx.TransportError as error:
                failure = error
            else:
                return rest.answer(asked)
        raise UnreachableError(f"no gateway answers at {', '.join(self._urls)}: {failure}") from failure

    async def live(self, *channels: str, deltas: bool = True) -> AsyncGenerator[Update]:
        """Updates of the channels, for ever: connects, and comes back with its positions when cut off.

        Without channels every race and all alerts. Raises LiveError if the gateway refuses it for good.
        """
        session, attempt = self._session(channels, deltas), 0
        for url in addresses(self._urls):
            try:
                # Closed with this one: left to the collector, its connection would outlive it.
                async with aclosing(self._connection(rest.live_address(url), session)) as updates:
                    async for update in updates:
                        yield update
            except LOST as error:
                _check_final(error)
            attempt = 0 if session.live else attempt + 1
            await asyncio.sleep(backoff(attempt, random.random()))

    async def _connection(self, uri: str, session: LiveSession) -> AsyncGenerator[Update]:
        session.live = False
        async with connect_async(
            uri, open_timeout=TIMEOUT_SECONDS, max_size=LARGEST_BYTES, compression=None
        ) as socket:
            due = _Due(session)
            for frame in session.opened():
                await socket.send(frame)
            while True:
                try:
                    async with asyncio.timeout(due.patience()):
                        text = await socket.recv()
                except TimeoutError:
                    if due.silent():
                        raise
                    text = None
                step = session.receive(str(text)) if text is not None else None
                for frame in [*(step.send if step else ()), *due.refresh(heard=step is not None)]:
                    await socket.send(frame)
                for update in step.updates if step else ():
                    yield update


class _Due:
    """When a connection is to be given up as silent, and when its token is to be renewed."""

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        self._heard = time.monotonic()
        self._renew: float | None = None

    def patience(self) -> float:
        """Seconds until one of the two is due."""
        now = time.monotonic()
        silent = self._heard + SILENT_HEARTBEATS * self._session.heartbeat_seconds
        return max(min(silent, self._renew or silent) - now, 0.01)

    def silent(self) -> bool:
        """Whether nothing was heard for too long."""
        return time.monotonic() - self._heard >= SILENT_HEARTBEATS * self._session.heartbeat_seconds

    def refresh(self, *, heard: bool) -> list[str]:
        """Note that something was heard; what to send if the token is to be renewed."""
        now = time.monotonic()
        if heard:
            self._heard = now
        if self._renew is not None and now >= self._renew:
            self._renew = None
            return self._session.refresh()
        if self._renew is None and self._session.refresh_seconds is not None:
            self._renew = now + self._session.refresh_seconds
        return []


def _check_final(error: Exception) -> None:
    """Raise LiveError if the gateway said not to come back."""
    if isinstance(error, ConnectionClosed) and error.rcvd is not None and is_final(error.rcvd.code):
        raise LiveError(error.rcvd.code, error.rcvd.reason or "the gateway ended the connection") from error
