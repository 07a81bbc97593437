"""Event channels: the last events of a topic, and how far one client has read them; pure.

Nothing is conflated: a reader is a number in the log it shares with all others, and either gets every event
or is told that it cannot.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gateway.frames import event_push, text_frame
from gateway.positions import Position, furthest

ROOM = 5_000
"""Events that a log holds; a reader further back is served from Kafka when it comes back."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: where it stands in its topic, whose it is (None: everyone's), and its JSON."""

    partition: int
    offset: int
    time: int
    """When it could be known (microseconds since 1970), by which partitions are brought together."""
    owner: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the log. `position` is that of having read it and all before it."""

    number: int
    event: Event
    position: Position


class EventLog:
    """The latest events of one topic in the order of arrival, complete from `starts` on."""

    def __init__(self, channel: str, epoch: str, starts: dict[int, int], room: int = ROOM) -> None:
        self.channel = channel
        self.starts = dict(starts)
        """First offset held of each partition; all after it are held too."""
        self.head = Position(epoch, dict(starts))
        self.next = 0
        """Number of the next entry."""
        self._room = room
        self._entries: deque[Entry] = deque()
        self._latest: dict[str | None, int] = {}
        self._dropped: dict[str | None, int] = {}

    def append(self, event: Event) -> Entry | None:
        """Take in an event; None if it is known already."""
        if self.head.covers(event.partition, event.offset):
            return None
        offsets = {**self.head.offsets, event.partition: event.offset + 1}
        entry = Entry(self.next, event, Position(self.head.epoch, offsets))
        self.head, self.next = entry.position, self.next + 1
        self._entries.append(entry)
        self._latest[event.owner] = entry.number
        if len(self._entries) > self._room:
            self._drop(self._entries.popleft())
        return entry

    def continues(self, later: "EventLog") -> bool:
        """Whether nothing is missing between the end of this log and the beginning of a later one."""
        same = self.head.epoch == later.head.epoch
        return same and all(self.head.offsets.get(p, 0) >= start for p, start in later.starts.items())

    def latest(self, owner: str | None) -> int:
        """Number of the owner's latest entry, -1 if it has none."""
        return self._latest.get(owner, -1)

    def lost(self, number: int, owner: str | None) -> bool:
        """Whether an event of the owner from `number` on is held no more."""
        return number <= self._dropped.get(owner, -1)

    def entries(self, number: int, owner: str | None) -> Iterator[Entry]:
        """The owner's entries from `number` on."""
        first = self._entries[0].number if self._entries else self.next
        later = islice(self._entries, max(number - first, 0), None)
        return (entry for entry in later if entry.event.owner == owner)

    def holds(self, position: Position) -> bool:
        """Whether everything after `position` is held."""
        return all(position.offsets.get(p, 0) >= start for p, start in self.starts.items())

    def newer(self, position: Position, owner: str | None) -> list[Event]:
        """The owner's events held that `position` does not cover."""
        found = (entry.event for entry in self.entries(0, owner))
        return [event for event in found if not position.covers(event.partition, event.offset)]

    def _drop(self, entry: Entry) -> None:
        event = entry.event
        self.starts[event.partition] = event.offset + 1
        self._dropped[event.owner] = entry.number
        if self._latest[event.owner] == entry.number:
            del self._latest[event.owner]


class EventNews:
    """New entries of one channel and owner, framed once for all of its readers that are up to date."""

    __slots__ = ("channel", "count", "frames", "large", "next", "owner", "since")

    def __init__(self, log: EventLog, owner: str | None, since: int, entries: Sequence[Entry]) -> None:
        self.channel = log.channel
        self.count = len(entries)
        self.large = False
        self.owner = owner
        self.since = since
        """Number of the owner's entry before these."""
        self.next = log.next
        self.frames = b"".join(
            text_frame(event_push(log.channel, entry.position, entry.event.body)) for entry in entries
        )

    @property
    def stream(self) -> str:
        """What its readers have joined."""
        return stream(self.channel, self.owner)


class EventSubscription:
    """How far one client has been sent the events of a channel."""

    __slots__ = ("_ahead", "_next", "_owner", "log")

    def __init__(self, log: EventLog, known: Position | None, owner: str | None) -> None:
        self.log = log
        self._next = log.next
        self._owner = owner
        # A client may come from a gateway that has read further than this one.
        self._ahead = known if known is not None and furthest(log.head, known) != log.head else None

    @property
    def stream(self) -> str:
        """What it has joined."""
        return stream(self.log.channel, self._owner)

    @property
    def position(self) -> Position:
        """That of a client which has been sent all there is."""
        return self.log.head if self._ahead is None else furthest(self.log.head, self._ahead)

    def catch(self, news: EventNews) -> bytes | None:
        """The frames for a client that has all before them; None if it has not: let them wait."""
        if self._ahead is not None or self._next <= news.since:
            return None
        self._next = news.next
        return news.frames

    def wait(self, _news: EventNews) -> bool:
        """Let news wait: they are in the log."""
        return True

    @property
    def lost(self) -> bool:
        """Whether the log has let go of something that was not sent yet: then nothing more may be."""
        return self.log.lost(self._next, self._owner)

    def take(self) -> tuple[Event, Position] | None:
        """The next event to send and the position of having it; None if there is none."""
        for entry in self.log.entries(self._next, self._owner):
            self._next = entry.number + 1
            if self._ahead is None:
                return entry.event, entry.position
            if not self._ahead.covers(entry.event.partition, entry.event.offset):
                return entry.event, furthest(entry.position, self._ahead)
        self._next = self.log.next
        if self._ahead is not None and furthest(self.log.head, self._ahead) == self.log.head:
            self._ahead = None
        return None


def stream(channel: str, owner: str | None) -> str:
    """What the readers of a channel join: all of them one, or each user an own one."""
    return channel if owner is None else f"{channel} {owner}"


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events of several partitions in the order of time, each partition's in its own."""
    return sorted(events, key=lambda event: (event.time, event.partition, event.offset))
