"""The hub: takes what the reader brings to the board and on to everyone who wants it, on one loop."""

import asyncio
import threading
import time
from typing import Protocol

from gateway.audience import Audience
from gateway.board import Board
from gateway.metrics import Metrics
from gateway.protocol import OTHER_WORLD, Close
from gateway.reader import Reader, Run
from schemas.codec import Codec
from schemas.identity import MICROS

RUNS_AHEAD = 4
"""Runs that may wait for the loop: the reader then waits, and memory stays bounded."""
WAIT_SECONDS = 0.2
TICK_SECONDS = 0.5
STARTING = "still reading the races"


class Client(Protocol):
    """Who is connected, as far as the hub cares."""

    def tick(self, at: float) -> None:
        """Notice that time went by; `at` is monotonic seconds."""

    def close(self, close: Close) -> None:
        """End the connection."""


def wall() -> int:
    """Microseconds since 1970 by this machine's clock."""
    return time.time_ns() * MICROS // 1_000_000_000


class Hub:
    """The board, its audience, and the reader that feeds them; its methods belong to one event loop."""

    def __init__(self, bootstrap: str, prefix: str, codec: Codec) -> None:
        self.board = Board("")
        self.audience = Audience()
        self.clients: set[Client] = set()
        self.metrics = Metrics()
        self.trouble = STARTING
        """Why the board is not whole yet."""
        self.metrics.age.set_function(lambda: self.board.age_seconds(wall()))
        self._reader = Reader(bootstrap, prefix, codec, self._hand_on, self._say)
        self._room = threading.Semaphore(RUNS_AHEAD)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pulse: asyncio.Task[None] | None = None
        self._stopping = threading.Event()

    async def start(self) -> None:
        """Begin to read."""
        self._loop = asyncio.get_running_loop()
        self._pulse = self._loop.create_task(self._tick())
        self._reader.start()

    async def stop(self) -> None:
        """Stop reading; the loop stays free while the reader ends."""
        self._stopping.set()
        if self._pulse is not None:
            self._pulse.cancel()
        await asyncio.to_thread(self._reader.stop)

    @property
    def alive(self) -> bool:
        """Whether the reader runs."""
        return self._reader.alive

    def apply(self, run: Run) -> None:
        """Take in a run and offer what is new."""
        if run.epoch != self.board.epoch:
            self._begin(run.epoch)
        for status in run.feeds:
            self.board.hear(status)
        for record in run.races:
            if record.view is None:
                self.board.forget(record.race_id, record.partition, record.offset)
            elif standing := self.board.apply(record.view, record.partition, record.offset):
                self.audience.offer(standing)
        for race_id, bars in run.bars:
            self.board.chart(race_id, bars)
        self.board.whole = self.board.whole or run.whole
        self._count(run)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for standing in self.board.turned(wall()):
                self.audience.offer(standing, again=True)
            for client in tuple(self.clients):
                client.tick(time.monotonic())

    def _begin(self, epoch: str) -> None:
        """A new world: nothing known is comparable, and clients must begin again."""
        self.board = Board(epoch)
        for client in tuple(self.clients):
            client.close(OTHER_WORLD)

    def _count(self, run: Run) -> None:
        self.metrics.records_read.labels("racing.races").inc(len(run.races))
        self.metrics.records_read.labels("racing.bars").inc(len(run.bars))
        self.metrics.records_read.labels("feeds.status").inc(len(run.feeds))
        self.metrics.records_skipped.inc(run.skipped)
        self.metrics.races.set(len(self.board))

    def _hand_on(self, run: Run) -> None:
        """Called on the reader's thread."""
        while not self._room.acquire(timeout=WAIT_SECONDS):
            if self._stopping.is_set():
                return
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._apply_and_free, run)

    def _apply_and_free(self, run: Run) -> None:
        try:
            self.apply(run)
        finally:
            self._room.release()

    def _say(self, trouble: str) -> None:
        """Called on the reader's thread."""
        self.trouble = trouble
