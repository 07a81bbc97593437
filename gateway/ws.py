"""The WebSocket shell: carries frames between a socket and its session."""

import asyncio
import time

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from gateway.board import Standing
from gateway.hub import Hub, wall
from gateway.protocol import NOT_JSON, SLOW, Close, Effect, Join, Leave, Limits, Session

log = structlog.get_logger()

CLOSING_SECONDS = 1.0
"""How long a close frame may take to be written before the connection is dropped without."""


class LiveClient:
    """One connected client: a reading and a writing task around a session."""

    def __init__(self, socket: WebSocket, hub: Hub, limits: Limits) -> None:
        self._socket = socket
        self._hub = hub
        self._limits = limits
        self._session = Session(hub.board, time.monotonic(), limits)
        self._wake = asyncio.Event()
        self._closing: Close | None = None

    def offer(self, standing: Standing, again: bool = False) -> None:
        """Take in a new state, or one `again` whose freshness turned."""
        if self._session.offer(standing, again):
            self._wake.set()

    def tick(self, at: float) -> None:
        """Notice that time went by."""
        if close := self._session.tick(at):
            self.close(close)
        self._wake.set()

    def close(self, close: Close) -> None:
        """End the connection, with the first reason given."""
        self._closing = self._closing or close
        self._wake.set()

    async def run(self) -> None:
        """Serve until either side ends it."""
        self._hub.clients.add(self)
        self._hub.metrics.clients.inc()
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._talk())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave()
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                    log.error("live client failed", exc_info=outcome)

    def _leave(self) -> None:
        self._hub.clients.discard(self)
        self._hub.metrics.clients.dec()
        for channel in self._session.channels:
            self._hub.audience.leave(channel, self)

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                self.close(NOT_JSON)
                continue
            for effect in self._session.receive(text, time.monotonic(), wall()):
                self._carry_out(effect)
            self._wake.set()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Close():
                self.close(effect)
            case Join(channel):
                self._hub.audience.join(channel, self)
            case Leave(channel):
                self._hub.audience.leave(channel, self)

    async def _talk(self) -> None:
        while self._closing is None:
            frame = self._session.next_frame(wall())
            if frame is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            try:
                async with asyncio.timeout(self._limits.write_seconds):
                    await self._socket.send_text(frame.decode())
            except TimeoutError:
                self.close(SLOW)
            else:
                self._hub.metrics.frames_sent.inc()
        await self._hang_up(self._closing)

    async def _hang_up(self, close: Close) -> None:
        self._hub.metrics.closed.labels(close.code).inc()
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._socket.close(close.code, close.reason)
        except TimeoutError:
            log.info("a client that did not read was dropped")


def routes(hub: Hub, limits: Limits) -> APIRouter:
    """The WebSocket endpoint."""
    router = APIRouter()

    @router.websocket("/v1/ws")
    async def live(socket: WebSocket) -> None:
        """The live protocol."""
        await socket.accept()
        await LiveClient(socket, hub, limits).run()

    return router
