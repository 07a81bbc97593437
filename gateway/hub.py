"""The hub: takes what the reader brings to the board and on to everyone who wants it, on one loop."""

import asyncio
import threading
import time
from collections.abc import Iterable
from typing import Protocol

from gateway.audience import Audience
from gateway.board import Board
from gateway.effects import GAP, OTHER_WORLD, Close
from gateway.event_topics import EVENT_TOPICS
from gateway.events import Entry, EventLog, EventNews, stream
from gateway.metrics import Metrics
from gateway.news import Move, StateNews
from gateway.positions import Position
from gateway.protocol import Limits, Sources
from gateway.pulse import Pulse
from gateway.reader import Reader, Run
from gateway.recovery import Recovery
from gateway.viewer import Authority
from schemas.codec import Codec
from schemas.identity import MICROS

RUNS_AHEAD = 4
"""Runs that may wait for the loop: the reader then waits, and memory stays bounded."""
WAIT_SECONDS = 0.2
STARTING = "still reading the races"


class Client(Protocol):
    """Who is connected, as far as the hub cares."""

    def hear(self, news: StateNews | EventNews) -> None:
        """Take in what is new on one of its channels."""

    def flush(self) -> None:
        """Send what waits."""

    def tick(self, at: float) -> None:
        """Notice that time went by; `at` is monotonic seconds."""

    def close(self, close: Close) -> None:
        """End the connection."""


def wall() -> int:
    """Microseconds since 1970 by this machine's clock."""
    return time.time_ns() * MICROS // 1_000_000_000


class Hub:
    """The board, the logs of events, their audience, and the reader that feeds them; it belongs to a loop."""

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        codec: Codec,
        limits: Limits | None = None,
        authority: Authority | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.authority = authority
        """Who knows tokens; without one everybody is let in, as nobody in particular."""
        self.logs: dict[str, EventLog] = {}
        self.sources = Sources(Board(""), self.logs)
        self.audience = Audience()
        self.clients: Pulse[Client] = Pulse(self.limits.heartbeat_seconds)
        self.due: set[Client] = set()
        """Clients for whom something new waits."""
        self.frames_sent = 0
        self.metrics = Metrics()
        self.trouble = STARTING
        """Why the board is not whole yet."""
        self.metrics.age.set_function(lambda: self.board.age_seconds(wall()))
        self.metrics.clients.set_function(lambda: len(self.clients))
        self.recovery = Recovery(bootstrap, prefix, codec, self.limits.recovered_events)
        self._reader = Reader(bootstrap, prefix, codec, self._hand_on, self._say)
        self._room = threading.Semaphore(RUNS_AHEAD)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beating: asyncio.Task[None] | None = None
        self._stopping = threading.Event()

    @property
    def board(self) -> Board:
        """Where every race stands."""
        return self.sources.board

    async def start(self) -> None:
        """Begin to read."""
        self._loop = asyncio.get_running_loop()
        self._beating = self._loop.create_task(self._beat())
        self._reader.start()

    async def stop(self) -> None:
        """Stop reading; the loop stays free while the reader ends."""
        self._stopping.set()
        if self._beating is not None:
            self._beating.cancel()
        await asyncio.to_thread(self._reader.stop)

    @property
    def alive(self) -> bool:
        """Whether the reader runs."""
        return self._reader.alive

    def enter(self, client: Client) -> None:
        """A client has come."""
        self.clients.add(client)

    def leave(self, client: Client) -> None:
        """A client has gone."""
        self.clients.remove(client)
        self.due.discard(client)

    def apply(self, run: Run) -> None:
        """Take in a run, then tell what is new."""
        if run.epoch != self.board.epoch:
            self._begin(run.epoch)
        for begin in run.begins:
            self._begin_log(EventLog(begin.channel, begin.epoch, begin.starts))
        for status in run.feeds:
            self.board.hear(status)
        before = self.board.position("track:*")
        moves = self._move(run)
        for race_id, bars in run.bars:
            self.board.chart(race_id, bars)
        self.board.whole = self.board.whole or run.whole
        self._tell_states(moves, before)
        self._tell_events(run)
        self._flush()
        self._count(run)

    def _move(self, run: Run) -> list[Move]:
        """Apply the run's races to the board: of each that it moved, from where to where."""
        moves: dict[str, Move] = {}
        for record in run.races:
            if record.view is None:
                self.board.forget(record.race_id, record.partition, record.offset)
                moves.pop(record.race_id, None)
                continue
            known = self.board.race(record.race_id)
            if standing := self.board.apply(record.view, record.partition, record.offset):
                moved = moves.get(record.race_id)
                moves[record.race_id] = Move(moved.before if moved else known, standing)
        return list(moves.values())

    def _tell_states(self, moves: Iterable[Move], before: Position, again: bool = False) -> None:
        wanted: dict[str, list[Move]] = {}
        for move in moves:
            for channel in move.now.channels:
                if channel in self.audience:
                    wanted.setdefault(channel, []).append(move)
        now = wall()
        for channel, moved in wanted.items():
            self.audience.tell(StateNews(self.board, channel, moved, before, now, again=again))

    def _tell_events(self, run: Run) -> None:
        for channel, events in run.events.items():
            log = self.logs[channel]
            since = {event.owner: log.latest(event.owner) for event in events}
            entries: dict[str | None, list[Entry]] = {}
            for event in events:
                if (entry := log.append(event)) is not None:
                    entries.setdefault(event.owner, []).append(entry)
            for owner, new in entries.items():
                if stream(channel, owner) in self.audience:
                    self.audience.tell(EventNews(log, owner, since[owner], new))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.clients.tick_seconds)
            turned = [Move(standing, standing) for standing in self.board.turned(wall())]
            self._tell_states(turned, self.board.position("track:*"), again=True)
            self._flush()
            for client in self.clients.turn():
                client.tick(time.monotonic())

    def _flush(self) -> None:
        due, self.due = self.due, set()
        for client in due:
            client.flush()
        self.metrics.frames_sent.inc(self.frames_sent)
        self.frames_sent = 0

    def _begin(self, epoch: str) -> None:
        """A new world: nothing known is comparable, and clients must begin again."""
        self.logs = {}
        self.sources = Sources(Board(epoch), self.logs)
        for client in self.clients.everyone():
            client.close(OTHER_WORLD)

    def _begin_log(self, log: EventLog) -> None:
        """Take a log that begins; the one there is stays if it goes on where that begins."""
        known = self.logs.get(log.channel)
        if known is not None and known.continues(log):
            return
        self.logs[log.channel] = log
        if known is not None:
            for client in self.clients.everyone():
                client.close(GAP)

    def _count(self, run: Run) -> None:
        self.metrics.records_read.labels("racing.races").inc(len(run.races))
        self.metrics.records_read.labels("racing.bars").inc(len(run.bars))
        self.metrics.records_read.labels("feeds.status").inc(len(run.feeds))
        for topic in EVENT_TOPICS:
            self.metrics.records_read.labels(topic.topic).inc(len(run.events.get(topic.channel, ())))
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
