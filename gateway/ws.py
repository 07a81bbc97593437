"""The WebSocket shell, in place of ASGI: bytes of a connection to its session, and what is new to its bytes.

News come framed and go out as they are to every client that reads them; whoever does not is conflated.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, cast

import structlog
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from gateway.calls import NOT_READY, Refusal
from gateway.effects import EXPIRED, NOT_JSON, SLOW, Admit, Close, Effect, Join, Leave, Recover
from gateway.frames import text_frame
from gateway.hub import Hub, wall
from gateway.protocol import News, Session
from gateway.viewer import Authority, Credentials, DeniedError, Viewer, nobody_in_particular

log = structlog.get_logger()

PATH = "/v1/ws"
FRAME_BYTES = 1 << 17
"""Above the session's own limit, so that too large a frame is told so; beyond it the connection ends."""
CLOSING_SECONDS = 1.0
"""How long the other side may take to close before the connection is dropped."""
BUFFER_BYTES = 64 * 1024
"""What may wait to be written before a client is taken to be slow."""
GOING_AWAY = Close(1001, "the gateway stops: come back")
SHOWN = ("authorization", "cookie", "host", "origin")
"""Headers of the opening request by which it can be found out who calls."""

quiet = logging.getLogger("hpr.websocket")
quiet.setLevel(logging.CRITICAL)  # the library says of each connection that it is open


class LiveProtocol(asyncio.Protocol):
    """One connection; uvicorn makes it on an upgrade to WebSocket and hands over the request."""

    __slots__ = (
        "_close_timer", "_conn", "_flowing", "_fragments", "_hub", "_server", "_session",
        "_shown", "_slow_timer", "_tasks", "_transport",
    )  # fmt: skip

    def __init__(self, hub: Hub, server: ServerState) -> None:
        self._hub = hub
        self._server = server
        self._conn = ServerProtocol(max_size=FRAME_BYTES, logger=quiet)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._session: Session | None = None
        self._shown = Credentials()
        self._flowing = True
        self._fragments: list[bytes] | None = None
        self._slow_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] | None = None

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a connection."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=BUFFER_BYTES)
        self._server.connections.add(cast(Any, self))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        del exc
        self._server.connections.discard(cast(Any, self))
        self._leave()
        for timer in (self._slow_timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        for task in self._tasks or ():
            task.cancel()

    def data_received(self, data: bytes) -> None:
        """Take in bytes of the client."""
        self._conn.receive_data(data)
        for event in self._conn.events_received():
            if isinstance(event, Request):
                self._open(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._send_library()
        if self._conn.parser_exc is not None or self._conn.state is not State.OPEN:
            self._end()
        else:
            self.flush()

    def eof_received(self) -> None:
        """Nothing more comes: the transport closes itself."""

    def pause_writing(self) -> None:
        """Stop sending to a client that does not read, nor hear it; for some seconds."""
        self._flowing = False
        if not self._closing:
            self._transport.pause_reading()
            seconds = self._hub.limits.write_seconds
            self._slow_timer = asyncio.get_running_loop().call_later(seconds, self.close, SLOW)

    def resume_writing(self) -> None:
        """Go on with what waits."""
        self._flowing = True
        if self._slow_timer is not None:
            self._slow_timer.cancel()
            self._slow_timer = None
        if not self._closing:
            self._transport.resume_reading()
            self.flush()

    # What the hub and the server say.

    def hear(self, news: News) -> None:
        """Take in what is new on one of its channels."""
        if self._session is None:
            return
        frames = self._session.hear(news, self._flowing)
        if frames:
            self._transport.write(frames)
            self._hub.frames_sent += news.count
        elif frames is None and self._flowing:
            self._hub.due.add(self)

    def flush(self) -> None:
        """Send what waits, as far as the client reads it."""
        session, hub = self._session, self._hub
        while session is not None and self._flowing:
            frame = session.next_frame(wall())
            if frame is None:
                return
            if isinstance(frame, Close):
                self.close(frame)
                return
            self._transport.write(text_frame(frame))
            hub.frames_sent += 1

    def tick(self, at: float) -> None:
        """Notice that time went by."""
        if self._session is None:
            return
        close = self._session.tick(at, wall())
        if close is EXPIRED and self._hub.authority is not None:
            self._start(self._renew(self._hub.authority, self._session))
        elif close is not None:
            self.close(close)
        self.flush()

    def close(self, close: Close) -> None:
        """End the connection, with the first reason given."""
        if self._closing or self._conn.state is not State.OPEN:
            return
        if self._session is not None:
            self._hub.metrics.closed.labels(close.code).inc()
        self._conn.send_close(close.code, close.reason)
        self._send_library()
        self._end()

    def shutdown(self) -> None:
        """The server stops."""
        if self._conn.state is State.CONNECTING:
            self._transport.close()
        self.close(GOING_AWAY)

    # Within.

    @property
    def _closing(self) -> bool:
        return self._close_timer is not None

    def _open(self, request: Request) -> None:
        if request.path.partition("?")[0] != PATH:
            response = self._conn.reject(404, f"the live protocol is at {PATH}\n")
        else:
            response = self._conn.accept(request)
        self._conn.send_response(response)
        if self._conn.state is not State.OPEN:
            return
        shown = tuple((name, value) for name in SHOWN for value in request.headers.get_all(name))
        peer = self._transport.get_extra_info("peername")
        self._shown = Credentials(None, shown, str(peer[0]) if peer else "")
        self._session = Session(self._hub.sources, time.monotonic(), self._hub.limits)
        self._hub.enter(self)

    def _take(self, frame: Frame) -> None:
        """Take in a frame; the library has checked that fragments follow each other, and their length."""
        if frame.opcode is Opcode.BINARY or (frame.opcode is Opcode.CONT and self._fragments is None):
            self.close(NOT_JSON)
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            parts = [*(self._fragments or []), bytes(frame.data)]
            self._fragments = None if frame.fin else parts
            if frame.fin:
                self._receive(b"".join(parts))

    def _receive(self, message: bytes) -> None:
        if self._session is None or self._closing:
            return
        try:
            text = message.decode()
        except UnicodeDecodeError:
            self.close(Close(1007, "text that is no UTF-8"))
            return
        self._carry_out(self._session.receive(text, wall()))
        self.flush()

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Close():
                    self.close(effect)
                case Join(stream):
                    self._hub.audience.join(stream, self)
                case Leave(stream):
                    self._hub.audience.leave(stream, self)
                case Admit(token):
                    self._admit(token)
                case Recover():
                    self._start(self._recover(effect))

    async def _renew(self, authority: Authority, session: Session) -> None:
        """Ask again about what the client has shown, and end the connection if it lets in nobody any more."""
        try:
            still = session.renew(await authority.viewer(self._shown), wall())
        except Exception as error:
            if not isinstance(error, DeniedError):
                log.exception("whether a client may stay could not be found out", error=str(error))
            still = False
        if not still:
            self.close(EXPIRED)

    def _admit(self, token: str | None) -> None:
        """Find out who calls: at once where there are no accounts."""
        shown = self._shown = replace(self._shown, token=token)
        if self._hub.authority is not None:
            self._start(self._ask(self._hub.authority, shown))
            return
        try:
            self._admitted(nobody_in_particular(shown))
        except DeniedError as error:
            self._admitted(error)

    async def _ask(self, authority: Authority, shown: Credentials) -> None:
        try:
            self._admitted(await authority.viewer(shown))
        except DeniedError as error:
            self._admitted(error)
        except Exception as error:
            log.exception("who a client is could not be found out", error=str(error))
            self._admitted(
                Refusal(NOT_READY, "tokens cannot be looked up just now: try again", temporary=True)
            )
        self.flush()

    def _admitted(self, found: Viewer | DeniedError | Refusal) -> None:
        if self._session is None:
            return
        if isinstance(found, Viewer):
            self._carry_out(self._session.admit(found, wall()))
        else:
            self._carry_out(self._session.deny(found, wall()))

    async def _recover(self, wanted: Recover) -> None:
        found = await self._hub.recovery.read(wanted)
        if self._session is not None:
            self._carry_out(self._session.recover(wanted, found))
            self.flush()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks = self._tasks or set()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send_library(self) -> None:
        """Write what the library has to say: the handshake, pongs, closing."""
        if data := b"".join(self._conn.data_to_send()):
            self._transport.write(data)

    def _end(self) -> None:
        """Leave; the connection is dropped once the other side has closed too, or soon in any case."""
        self._leave()
        # After a broken frame the library reads no further: whatever comes then is the answer to our close.
        answered = self._closing and self._conn.parser_exc is not None
        if self._close_timer is None:
            loop = asyncio.get_running_loop()
            self._close_timer = loop.call_later(CLOSING_SECONDS, self._transport.abort)
        if (
            answered
            or self._conn.close_rcvd is not None
            or self._conn.state in (State.CONNECTING, State.CLOSED)
        ):
            self._transport.close()

    def _leave(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        self._hub.leave(self)
        for stream in session.streams:
            self._hub.audience.leave(stream, self)
