"""Records of topics as events in a worker's order, whatever keeps the records."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from typing import Protocol

from schemas.codec import Codec
from schemas.errors import SchemaError
from streams.archive.blocks import Head, records
from streams.archive.container import Record
from streams.archive.decoding import BlockDecoder
from streams.archive.reader import Archive
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

    def only(self, events: Iterable[Located]) -> Iterator[Located]:
        """The events that were recorded within it."""
        return (each for each in events if self.holds(each.event["recorded_time"]))


ALWAYS = Span()


@dataclass(slots=True)
class Understanding:
    """Turns records into events, as a worker does; what it cannot is counted in `unread`."""

    codec: Codec
    unread: Unread = field(default_factory=dict)
    _blocks: BlockDecoder = field(init=False)

    def __post_init__(self) -> None:
        self._blocks = BlockDecoder(self.codec)

    def event(self, topic: Topic, record: Record) -> Located | None:
        """The event of a record; None if it cannot be understood."""
        try:
            name, event = self.codec.decode(record.value or b"")
        except SchemaError as error:
            self._pass_over(record.topic, record.offset, str(error))
            return None
        reason = impossible(event) if name == topic.schema else f"a {name} does not belong here"
        if reason is None:
            return Located(name, event, record.topic, record.partition, record.offset)
        self._pass_over(record.topic, record.offset, reason)
        return None

    def events_of_block(
        self, topic: Topic, block: bytes, count: int, head: Head, path: str
    ) -> Iterator[Located]:
        """The events of an archive's block, by offset; raises ArchiveError where it is damaged."""
        decoded = self._blocks.decode(block, count, head)
        if decoded is None or decoded.name != topic.schema:
            for record in records(block, count, head, path):
                if (located := self.event(topic, record)) is not None:
                    yield located
            return
        for offset, event in zip(decoded.offsets, decoded.events, strict=True):
            if (reason := impossible(event)) is None:
                yield Located(decoded.name, event, head.topic, head.partition, offset)
            else:
                self._pass_over(head.topic, offset, reason)

    def _pass_over(self, topic: str, offset: int, reason: str) -> None:
        count, first = self.unread.get(topic, (0, f"offset {offset}: {reason}"))
        self.unread[topic] = (count + 1, first)


def race_events(
    records: Callable[[str, int], Iterable[Record]],
    prefix: str,
    partitions: Iterable[int],
    understanding: Understanding,
    span: Span = ALWAYS,
) -> Iterator[Located]:
    """Events of the race fold of these partitions, merged by recorded time, rank and offset.

    `records` gives the records of a topic and partition by offset.
    """

    def events(topic: Topic, partition: int) -> Iterator[Located]:
        found = records(prefix + topic.name, partition)
        return (event for record in found if (event := understanding.event(topic, record)) is not None)

    return _in_order(events, prefix, partitions, span)


def archived_race_events(
    archive: Archive,
    prefix: str,
    partitions: Iterable[int],
    understanding: Understanding,
    span: Span = ALWAYS,
) -> Iterator[Located]:
    """The same of an archive, whose blocks are decoded whole."""

    def events(topic: Topic, partition: int) -> Iterator[Located]:
        read_block = partial(understanding.events_of_block, topic)
        return archive.read(prefix + topic.name, partition, read_block, since=span.start // 1000)

    return _in_order(events, prefix, partitions, span)


def _in_order(
    events: Callable[[Topic, int], Iterator[Located]], prefix: str, partitions: Iterable[int], span: Span
) -> Iterator[Located]:
    """Of several topics the one whose next event was recorded earliest comes first, as in a worker."""
    streams = [events(topic, partition) for partition in partitions for topic in RACE_EVENTS]
    if span != ALWAYS:
        streams = [span.only(stream) for stream in streams]
    ranks = {prefix + topic.name: topic.rank for topic in RACE_EVENTS}
    return merge(*streams, key=lambda each: (each.event["recorded_time"], ranks[each.topic]))
