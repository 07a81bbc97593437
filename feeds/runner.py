"""Runs a feed: events paced by their recorded time, published, with heartbeats by the wall clock."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event as Flag

from schemas.identity import MICROS, uuid_of
from schemas.records import Event, FeedState, FeedStatus
from topics.catalogue import EVENT_TOPIC, FEED_STATUS
from topics.producer import EventProducer

HEARTBEAT_SECONDS = 5
LONGEST_NAP_SECONDS = 0.25


class Pace:
    """Maps recorded time to the wall clock at `speed` times real time; None is as fast as it goes.

    A recording that is silent for longer than `longest_gap` (seconds of its own time) is taken as silent
    for just that long: between two race days nobody wants to wait.
    """

    def __init__(self, speed: float | None, longest_gap: float | None = None) -> None:
        self._speed = speed
        self._longest_gap = longest_gap
        self._last: int | None = None
        self._due = 0.0

    def advance(self, recorded_time: int, now: float) -> float:
        """When, on the clock that says `now`, an event recorded at `recorded_time` (microseconds) is due."""
        if self._speed is None:
            return now
        if self._last is None:
            self._due = now
        else:
            gap = max(0.0, (recorded_time - self._last) / MICROS)
            if self._longest_gap is not None:
                gap = min(gap, self._longest_gap)
            self._due += gap / self._speed
        self._last = recorded_time if self._last is None else max(self._last, recorded_time)
        return self._due


@dataclass(slots=True)
class Feed:
    """One feed on its way. `stop` ends it after the event at hand."""

    source: str
    producer: EventProducer
    speed: float | None = None
    longest_gap: float | None = None
    stop: Flag = field(default_factory=Flag)
    published: int = 0
    dead_letters: int = 0
    on_progress: Callable[["Feed"], None] | None = None
    _beat_at: float = 0.0

    def run(self, events: Iterable[tuple[str, Event]]) -> None:
        """Publish `events`; all is acknowledged when this returns, also after a stop."""
        pace = Pace(self.speed, self.longest_gap)
        self._beat("CONNECTED")
        for name, event in events:
            due = pace.advance(event["recorded_time"], time.monotonic())
            while (wait := due - time.monotonic()) > 0 and not self.stop.is_set():
                self.producer.poll()
                self._tick()
                self.stop.wait(min(wait, LONGEST_NAP_SECONDS))
            if self.stop.is_set():
                break
            self.producer.publish(EVENT_TOPIC[name].name, event)
            self.published += 1
            self.dead_letters += name == "DeadLetter"
            if not self.published % 1024:
                self._tick()
        self._beat("DISCONNECTED" if self.stop.is_set() else "ENDED")
        self.producer.flush(timeout=60.0)

    def _tick(self) -> None:
        if time.monotonic() - self._beat_at >= HEARTBEAT_SECONDS:
            self._beat("HEARTBEAT")
            if self.on_progress is not None:
                self.on_progress(self)

    def _beat(self, state: FeedState) -> None:
        self._beat_at = time.monotonic()
        now = time.time_ns() // 1000
        self.producer.publish(FEED_STATUS.name, feed_status(self.source, state, self.published, now))


def feed_status(
    source: str, state: FeedState, events: int, now: int, *, detail: str | None = None, instance: str = ""
) -> FeedStatus:
    """What a feed says of itself at `now` (microseconds since 1970); `instance` tells two processes apart."""
    return {
        "event_id": uuid_of(f"feed:{source}:{instance}{now}"),
        "source": source,
        "race_id": "",
        "event_time": now,
        "recorded_time": now,
        "sequence": now,
        "state": state,
        "heartbeat_seconds": HEARTBEAT_SECONDS,
        "events": events,
        "detail": detail,
        "instance": instance,
    }
