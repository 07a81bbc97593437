"""Records of topics as events in a worker's order, whatever keeps the records."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from typing import Protocol

from schemas.codec import Codec
from schemas.errors import SchemaError
from streams.archive.container import Record
from streams.engine import Located
from streams.runs import LAST_TIME, impossible
from topics.catalogue import RACE_EVENTS, Topic

Unread = dict[str, tuple[int, str]]
"""What could not be read: by topic, the number of records and the reason of the first."""


class Keeper(Protocol):
    """What keeps records: an archive or a cluster. Topics by their full names."""

    def partitions(self, topic: str) -> list[int]:
        """Partitions of a topic."""

    def records(self, topic: str, partition: int, start: int = 0, end: int | None = None) -> Iterable[Record]:
        """Records by offset, from `start` up to and without `end`."""


@dataclass(frozen=True, slots=True)
class Span:
    """Recorded times from `start` up to and without `end`, in microseconds since 1970."""

    start: int = 0
    end: int = LAST_TIME

    def holds(self, time: int) -> bool:
        """Whether a time is within it."""
        return self.start <= time < self.end


ALWAYS = Span()


@dataclass(slots=True)
class Understanding:
    """Turns records into events, as a worker does; what it cannot is counted in `unread`."""

    codec: Codec
    unread: Unread = field(default_factory=dict)

    def event(self, topic: Topic, record: Record) -> Located | None:
        """The event of a record; None if it cannot be understood."""
        try:
            name, event = self.codec.decode(record.value or b"")
        except SchemaError as error:
            reason: str | None = str(error)
        else:
            reason = impossible(event) if name == topic.schema else f"a {name} does not belong here"
            if reason is None:
                return Located(name, event, record.topic, record.partition, record.offset)
        count, first = self.unread.get(record.topic, (0, f"offset {record.offset}: {reason}"))
        self.unread[record.topic] = (count + 1, first)
        return None


def race_events(
    records: Callable[[str, int], Iterable[Record]],
    prefix: str,
    partitions: Iterable[int],
    understanding: Understanding,
    span: Span = ALWAYS,
) -> Iterator[Located]:
    """Events of the race fold of these partitions, merged by recorded time, rank and offset.

    `records` gives the records of a topic and partition by offset. Of several topics the one whose next
    record was recorded earliest comes first, as a worker takes them.
    """
    streams = [
        _events(records(prefix + topic.name, partition), topic, understanding, span)
        for partition in partitions
        for topic in RACE_EVENTS
    ]
    ranks = {prefix + topic.name: topic.rank for topic in RACE_EVENTS}
    return merge(*streams, key=lambda each: (each.event["recorded_time"], ranks[each.topic]))


def _events(
    records: Iterable[Record], topic: Topic, understanding: Understanding, span: Span
) -> Iterator[Located]:
    for record in records:
        event = understanding.event(topic, record)
        if event is not None and span.holds(event.event["recorded_time"]):
            yield event
