"""A WebSocket client that notes when each frame arrives: of the gateway, or of a bare relay."""

import asyncio
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.load import Moment, moment_of
from schemas.errors import HprError

HEARTBEAT = "{}"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START_SECONDS = 20.0


class State(msgspec.Struct):
    """What of a race's state says how far it is."""

    race_id: str
    event_time: datetime


class Push(msgspec.Struct):
    """A push of a state channel."""

    state: State


class Frame(msgspec.Struct):
    """A frame of the live protocol; `push` is None of an answer."""

    push: Push | None = None


_decoder = msgspec.json.Decoder(Frame)


class Frames:
    """Keeps every frame with its time of arrival on a thread of its own; looked into only afterwards.

    `races` are subscribed to as the gateway's protocol wants it; a relay is only listened to.
    """

    def __init__(self, uri: str, races: Sequence[str] = ()) -> None:
        self._uri = uri
        self._races = races
        self._open = threading.Event()
        self._loop = uvloop.new_event_loop()
        self._listening: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: Exception | None = None
        self.arrived: list[tuple[float, str | bytes]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._open.wait(START_SECONDS) or self._failure is not None:
            raise HprError(f"{self._uri} does not answer: {self._failure or 'it is silent'}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._loop.call_soon_threadsafe(self._listening.cancel)
        self._thread.join()

    def moments(self, first: int = 0) -> list[Moment]:
        """What the frames from number `first` say, and when they arrived; answers say nothing of a race."""
        found = [frame_moment(frame, at) for at, frame in self.arrived[first:]]
        return [moment for moment in found if moment is not None]

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._listening = asyncio.current_task()
        try:
            async with connect(self._uri, compression=None, max_size=None, proxy=None) as socket:
                await self._subscribe(socket)
                self._open.set()
                async for frame in socket:
                    if frame == HEARTBEAT:
                        await socket.send(HEARTBEAT)
                    else:
                        self.arrived.append((time.perf_counter(), frame))
        except asyncio.CancelledError:
            return
        except (OSError, WebSocketException) as error:
            # Whoever waits for frames says that they did not come.
            self._failure = error
            self._open.set()

    async def _subscribe(self, socket: ClientConnection) -> None:
        """Connect and subscribe by the protocol, and wait for the answers."""
        calls = [("connect", {}), *(("subscribe", {"channel": f"race:{race}"}) for race in self._races)]
        for id, (method, params) in enumerate(calls if self._races else [], start=1):
            call = {"id": id, "method": method, "params": params}
            await socket.send(msgspec.json.encode(call).decode())
            await socket.recv()


def frame_moment(frame: str | bytes, at: float) -> Moment | None:
    """The race and time that a frame speaks of: text of the gateway, or a record as a relay passes it on."""
    if isinstance(frame, bytes):
        return moment_of(frame, at)
    push = _decoder.decode(frame).push
    if push is None:
        return None
    return Moment(push.state.race_id, (push.state.event_time - EPOCH) // timedelta(microseconds=1), at)
