"""Whether the feed is alive: what to say on feeds.status, and how far the local clock is off."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from feeds.runner import HEARTBEAT_SECONDS
from schemas.records import FeedState

MISSED_HEARTBEATS = 1.5
"""A connection that was silent for so many of the stream's heartbeats is not said to be alive."""

SKEW_SECONDS = 1.0
"""A skew over this is worth telling."""


@dataclass(slots=True)
class Pulse:
    """One connection's signs of life. `heard` is when bytes last came, by the monotonic clock."""

    heartbeat_seconds: float = 5.0
    subscribed: bool = False
    heard: float = 0.0
    late: bool = False
    trouble: str = "not connected yet"
    counts_from: float = 0.0
    """Until then, or until it was first subscribed, it may be getting there yet."""

    def ill(self, now: float) -> str | None:
        """Why the connection is not alive at `now`; None if it is."""
        if not self.subscribed:
            return self.trouble
        if self.late:
            return "Betfair says that its data is late (status 503)"
        silence = now - self.heard
        if silence > MISSED_HEARTBEATS * self.heartbeat_seconds:
            return f"nothing heard for {silence:.0f} s"
        return None


class Word(NamedTuple):
    """What to say on feeds.status."""

    state: FeedState
    detail: str | None


class Vitals:
    """Steps from one word on feeds.status to the next; silent while the feed is down."""

    def __init__(self) -> None:
        self.alive = False
        self._said = 0.0

    def word(self, now: float, pulses: Iterable[Pulse], note: str | None = None) -> Word | None:
        """What to say at `now`, if anything.

        A feed is alive only where all of its connections are: the markets of the others stand still. It
        says once that it went, and then nothing: another process may be carrying on. One that was added
        to a feed that is alive counts by its `counts_from`: nobody has prices of its markets to doubt.
        """
        looked_at = list(pulses)
        if self.alive:
            looked_at = [pulse for pulse in looked_at if now >= pulse.counts_from] or looked_at
        ills = [ill for pulse in looked_at if (ill := pulse.ill(now)) is not None]
        if ills:
            was_alive, self.alive = self.alive, False
            detail = f"{len(ills)} of {len(looked_at)} connections down: {ills[0]}"
            return Word("DISCONNECTED", detail) if was_alive else None
        if self.alive and now - self._said < HEARTBEAT_SECONDS:
            return None
        state: FeedState = "HEARTBEAT" if self.alive else "CONNECTED"
        self.alive, self._said = True, now
        return Word(state, note)


class Skew:
    """How far the local clock is ahead of Betfair's publish times, in seconds, delivery included."""

    def __init__(self, latest: int = 31) -> None:
        self._latest: deque[float] = deque(maxlen=latest)

    def add(self, received: int, pt: int) -> None:
        """Note a message published at `pt` (milliseconds since 1970), received then (microseconds)."""
        self._latest.append(received / 1e6 - pt / 1e3)

    @property
    def seconds(self) -> float:
        """Median of the latest; 0 before the first."""
        return median(self._latest) if self._latest else 0.0

    @property
    def note(self) -> str | None:
        """In words, if it is over a second."""
        ahead = self.seconds
        if abs(ahead) <= SKEW_SECONDS:
            return None
        return f"local clock {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} Betfair's"
