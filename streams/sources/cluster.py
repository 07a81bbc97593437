"""Topics of a cluster as a keeper of records: read as far as they reached when reading began."""

from collections import deque
from collections.abc import Iterable, Iterator

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.errors import BrokerError
from streams.archive.container import Record
from streams.sink import At, record_of

FETCH = 2_000
"""Records asked for at once."""
WAITING = 20_000
"""Records of a partition waiting before no more of it are fetched."""
TIMEOUT_SECONDS = 10.0
SILENT_POLLS = 60
"""Polls of a second without an answer before the broker counts as away."""


class Cluster:
    """Topics read by offset, several partitions side by side with one client. To be closed."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                # The client demands a group's name; without commits no group ever sees it.
                "group.id": "hpr-replay",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
                "log_level": 0,
            }
        )
        self._waiting: dict[At, deque[Record]] = {}
        self._ends: dict[At, int] = {}
        self._next: dict[At, int] = {}
        self._paused: set[At] = set()

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()

    def partitions(self, topic: str) -> list[int]:
        """See Keeper; none of a topic that does not exist. Raises BrokerError."""
        try:
            found = self._consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
        except KafkaException as error:
            raise BrokerError(
                f"no Kafka answers at {self._bootstrap}: start it, or set HPR_BROKER"
            ) from error
        return sorted(found[topic].partitions) if topic in found else []

    def first_since(self, topic: str, partition: int, milliseconds: int) -> int:
        """Offset of the first record that Kafka got at this time or later; the end if there is none."""
        wanted = TopicPartition(topic, partition, milliseconds)
        try:
            offset = self._consumer.offsets_for_times([wanted], timeout=TIMEOUT_SECONDS)[0].offset
        except KafkaException as error:
            raise BrokerError(f"{topic}: offsets of a time are not known: {error.args[0].str()}") from error
        return offset if offset >= 0 else self.bounds(topic, partition)[1]

    @property
    def name(self) -> str:
        """The brokers."""
        return self._bootstrap

    def holding(self, topic: str, needle: bytes) -> Iterator[Record]:
        """Records of a topic whose value has `needle` in it."""
        for partition in self.partitions(topic):
            for record in self.records(topic, partition):
                if needle in (record.value or b""):
                    yield record

    def records(
        self, topic: str, partition: int, start: int = 0, end: int | None = None, *, key: bytes | None = None
    ) -> Iterable[Record]:
        """See Keeper. What is read together has to be asked for before the first of it is read."""
        at = (topic, partition)
        if self._next.get(at, 0) < self._ends.get(at, 0):
            # Asked for before, and not read to its end.
            self._consumer.incremental_unassign([TopicPartition(*at)])
        low, high = self.bounds(topic, partition)
        self._next[at] = max(start, low)
        self._ends[at] = high if end is None else min(end, high)
        self._waiting[at] = deque()
        self._paused.discard(at)
        if self._next[at] < self._ends[at]:
            self._consumer.incremental_assign([TopicPartition(topic, partition, self._next[at])])
        found = self._read(at)
        return found if key is None else (record for record in found if record.key == key)

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset that is kept, and the next to be written."""
        try:
            found = self._consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=TIMEOUT_SECONDS
            )
        except KafkaException as error:
            raise BrokerError(f"{topic}: the broker does not say how far it reaches") from error
        if found is None:
            raise BrokerError(f"{topic}: the broker does not say how far it reaches")
        return found

    def _read(self, at: At) -> Iterator[Record]:
        waiting, silent = self._waiting[at], 0
        while waiting or self._next[at] < self._ends[at]:
            if waiting:
                yield waiting.popleft()
                continue
            self._resume(at)
            silent = 0 if self._fetch() else silent + 1
            if silent >= SILENT_POLLS:
                raise BrokerError(
                    f"{at[0]}, partition {at[1]}: no record for {silent} s: is the broker away?"
                )
        self._resume(at)

    def _fetch(self) -> int:
        """Fetch what comes next, of whatever partition; those far ahead are held."""
        messages = self._consumer.consume(FETCH, 1.0)
        for message in messages:
            if message.error() is None:
                self._take(record_of(message))
        full = [at for at, held in self._waiting.items() if len(held) >= WAITING and at not in self._paused]
        if full:
            self._consumer.pause([TopicPartition(*at) for at in full])
            self._paused.update(full)
        return len(messages)

    def _take(self, record: Record) -> None:
        at = (record.topic, record.partition)
        if self._next[at] >= self._ends[at] or record.offset < self._next[at]:
            return
        self._next[at] = record.offset + 1
        if record.offset < self._ends[at]:
            self._waiting[at].append(record)
        if self._next[at] >= self._ends[at]:
            self._consumer.incremental_unassign([TopicPartition(*at)])

    def _resume(self, at: At) -> None:
        if at in self._paused and not self._waiting[at]:
            self._paused.discard(at)
            if self._next[at] < self._ends[at]:
                self._consumer.resume([TopicPartition(*at)])
