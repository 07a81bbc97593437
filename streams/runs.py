"""Runs of a worker: records as fetched, decoded and merged by partition, with what a checkpoint may cover."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, Protocol

from schemas.codec import Codec
from schemas.errors import SchemaError
from schemas.records import Event
from streams.engine import Located
from streams.merge import PartitionMerge
from topics.catalogue import RACE_EVENTS, Topic

RUN_RECORDS = 256
"""Records a run at most, about 20 ms of work."""

FULL = 4_000
"""Records of a topic and partition waiting before no more are fetched."""

LAST_TIME = 4_102_444_800_000_000
"""2100-01-01 in microseconds since 1970."""

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TopicPartition = tuple[str, int]


class Fetched(Protocol):
    """A record as consumers give it."""

    @property
    def offset(self) -> int:
        """Offset in its partition."""

    @property
    def value(self) -> bytes | None:
        """Bytes of the record; None is a tombstone."""


class Run(NamedTuple):
    """Records to be worked through together: of each partition in order, partition after partition.

    There are none where poison is all there was.
    """

    records: list[Located]
    covers: dict[TopicPartition, int]
    """Next offset of each topic and partition once the run is done."""


class Poison(NamedTuple):
    """A record that could not be understood."""

    topic: str
    partition: int
    offset: int
    payload: bytes
    reason: str


def impossible(event: Event) -> str | None:
    """What in an event's header cannot be, in words; None where it may be."""
    if not event["race_id"]:
        return "an event without race_id"
    for field, time in (("event_time", event["event_time"]), ("recorded_time", event["recorded_time"])):
        if not 0 <= time < LAST_TIME:
            return f"{field} {time} is not within 1970 to 2100"
    if not UUID_TEXT.fullmatch(event["event_id"]):
        return f"event_id {event['event_id'][:50]!r} is not a UUID"
    return None


class Runs:
    """Takes fetched records in and gives runs out. `prefix` is the topics' prefix on the cluster."""

    def __init__(self, codec: Codec, prefix: str, on_poison: Callable[[Poison], None]) -> None:
        self._codec = codec
        self._on_poison = on_poison
        self._topics: dict[str, Topic] = {prefix + topic.name: topic for topic in RACE_EVENTS}
        self._merges: dict[int, PartitionMerge] = {}
        self._skipped: dict[TopicPartition, int] = {}
        self._turn = 0
        self.outstanding = 0
        """Runs handed out and not yet worked through."""

    @property
    def topics(self) -> set[str]:
        """Topics that are merged, by their full names."""
        return set(self._topics)

    def clear(self) -> None:
        """Forget all that waits: after a rebalance it is fetched again from the last checkpoint."""
        self._merges.clear()
        self._skipped.clear()
        self.outstanding = 0

    @property
    def waiting(self) -> bool:
        """Whether any record waits for its turn."""
        return any(merge.any_waiting for merge in self._merges.values())

    @property
    def waiting_records(self) -> int:
        """How many records wait for their turn."""
        return sum(merge.waiting(topic) for merge in self._merges.values() for topic in self._topics)

    def full(self, topic: str, partition: int) -> bool:
        """Whether enough of a topic and partition waits."""
        merge = self._merges.get(partition)
        return merge is not None and topic in self._topics and merge.waiting(topic) >= FULL

    def add(self, topic: str, partition: int, records: Iterable[Fetched], answered: float = 0.0) -> None:
        """Decode records in the order of their offsets; what cannot be understood is reported as poison.

        `answered` is when the broker's answer that brought them came, by the clock that `take` is asked with.
        """
        merge = self._merges.get(partition)
        if merge is None:
            ranks = {name: entry.rank for name, entry in self._topics.items()}
            merge = self._merges[partition] = PartitionMerge(ranks)
        for record in records:
            if (located := self._decode(topic, partition, record)) is not None:
                merge.add(topic, (located,), answered)

    def _decode(self, topic: str, partition: int, record: Fetched) -> Located | None:
        payload = record.value or b""
        try:
            name, event = self._codec.decode(payload)
        except SchemaError as error:
            reason = str(error)
        else:
            wrong = (
                f"a {name} does not belong on {topic}"
                if name != self._topics[topic].schema
                else impossible(event)
            )
            if wrong is None:
                return Located(name, event, topic, partition, record.offset)
            reason = wrong
        self._on_poison(Poison(topic, partition, record.offset, payload, reason))
        self._skipped[topic, partition] = record.offset + 1
        return None

    def take(self, at_end: Callable[[str, int, float], bool]) -> Run | None:
        """The next run over all partitions whose turn has come; None where there is none.

        `at_end` says whether a topic and partition had nothing left to fetch at a time or later.
        """
        records: list[Located] = []
        for partition, merge in self._in_turn():
            if len(records) >= RUN_RECORDS:
                break
            records += merge.take(RUN_RECORDS - len(records), partial(_of_partition, at_end, partition))
        covers = self._covers(records)
        if not covers:
            return None
        self.outstanding += 1
        return Run(records, covers)

    def _in_turn(self) -> list[tuple[int, PartitionMerge]]:
        """Partitions with records waiting, another one first each time, so that none starves."""
        waiting = [(p, merge) for p, merge in self._merges.items() if merge.any_waiting]
        self._turn += 1
        first = self._turn % len(waiting) if waiting else 0
        return waiting[first:] + waiting[:first]

    def _covers(self, records: list[Located]) -> dict[TopicPartition, int]:
        covers = {(record.topic, record.partition): record.offset + 1 for record in records}
        for at in list(self._skipped):
            # Poison behind records that still wait is covered when they are.
            if not self._merges[at[1]].waiting(at[0]):
                covers[at] = max(covers.get(at, 0), self._skipped.pop(at))
        return covers


def _of_partition(
    at_end: Callable[[str, int, float], bool], partition: int, topic: str, since: float
) -> bool:
    return at_end(topic, partition, since)
