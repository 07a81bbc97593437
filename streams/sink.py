"""A sink: all records of topics, from every partition, to a place that keeps them; then offsets committed.

It belongs to no group: the place, or the offsets committed, say where it goes on. So there are no rebalances.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any, Protocol

import structlog
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)

from schemas.errors import AnalyticsError, BrokerError, StoreError, TopicError
from streams.archive.container import Record
from topics import admin

BATCH = 10_000
"""Records taken from the client at once, at most."""
POLL_SECONDS = 0.2
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0)
METADATA_SECONDS = 10.0
AWAY = (StoreError, AnalyticsError, BrokerError)
"""What is tried again until it goes."""

At = tuple[str, int]
"""Topic and partition."""

log = structlog.get_logger("hpr.sink")


class Target(Protocol):
    """Where a sink brings records. Taking in a record again changes nothing."""

    @property
    def full(self) -> bool:
        """Whether so much is held that it should be flushed before more is taken in."""

    def position(self, at: At, topic_id: str) -> int | None:
        """Offset of the first record wanted; None if the offsets committed say it."""

    def begin(self, at: At, offset: int) -> None:
        """Where reading begins."""

    def add(self, records: Iterable[Record]) -> None:
        """Take in records; may raise one of AWAY, and is then given them again."""

    def flush(self, *, wait: bool = True) -> dict[At, int]:
        """Make durable what is held; of each partition the next offset up to which all is. May raise AWAY.

        Without `wait` it may still be on its way when this returns; a later flush says how it went.
        """

    def tick(self) -> None:
        """Called after each flush, for what is due by the clock."""


@dataclass(slots=True)
class Sink:
    """One sink on its way. `stop` ends it after the records at hand are flushed, or one try to."""

    bootstrap: str
    prefix: str
    topics: Collection[str]
    """Names as in the catalogue."""
    group: str
    """Under which offsets are committed."""
    target: Target
    flush_seconds: float = 5.0
    stop: Flag = field(default_factory=Flag)
    records: int = 0
    """Records brought so far."""
    on_flush: Callable[["Sink"], None] | None = None

    def run(self) -> None:
        """Bring records until stopped. Raises TopicError where topics are missing, and what a target says."""
        admin.require(self.bootstrap, [self.prefix + name for name in self.topics])
        consumer = Consumer(self._config())
        try:
            self._insist(lambda: self._assign(consumer))
            self._follow(consumer)
        finally:
            consumer.close()

    def _config(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self.bootstrap,
            "group.id": self.prefix + self.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            # Offsets that are gone have to be known of, not skipped.
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 100,
            "fetch.message.max.bytes": 4 << 20,
            "queued.min.messages": 50_000,
            "queued.max.messages.kbytes": 65_536,
            "reconnect.backoff.max.ms": 1_000,
            "log_level": 2,
        }

    def _follow(self, consumer: Consumer) -> None:
        flushed_at = time.monotonic()
        while not self.stop.is_set():
            messages = consumer.consume(BATCH, POLL_SECONDS)
            errors = [error for message in messages if (error := message.error()) is not None]
            read = messages if not errors else [each for each in messages if each.error() is None]
            records = list(map(record_of, read))
            self._insist(lambda records=records: self.target.add(records))  # type: ignore[misc]
            self.records += len(records)
            due = time.monotonic() - flushed_at >= self.flush_seconds
            if due or self.target.full:
                self._flush(consumer)
                flushed_at = time.monotonic()
            if any(error.code() == KafkaError._AUTO_OFFSET_RESET for error in errors):
                self._insist(lambda: self._commit(consumer, self.target.flush()))
                self._insist(lambda: self._assign(consumer))
        self._commit(consumer, self.target.flush())

    def _flush(self, consumer: Consumer) -> None:
        self._insist(lambda: self._commit(consumer, self.target.flush(wait=False)))
        self._insist(self.target.tick)
        if self.on_flush is not None:
            self.on_flush(self)

    def _insist(self, act: Callable[[], None]) -> None:
        """Do it, again and again while the place is away, until stopped; nothing is taken in meanwhile."""
        tries = 0
        while True:
            try:
                act()
            except AWAY as error:
                if self.stop.is_set():
                    raise
                wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
                log.warning("nothing is lost: trying again", why=str(error), seconds=wait)
                self.stop.wait(wait)
                tries += 1
            else:
                if tries:
                    log.info("going on", tries=tries)
                return

    def _commit(self, consumer: Consumer, offsets: dict[At, int]) -> None:
        """Commit; a broker that is away is no reason to stop, since the next commit covers this one."""
        if not offsets:
            return
        covered = [TopicPartition(topic, partition, next) for (topic, partition), next in offsets.items()]
        try:
            consumer.commit(offsets=covered, asynchronous=False)
        except KafkaException as error:
            log.warning("offsets could not be committed; they are later", why=error.args[0].str())

    def _assign(self, consumer: Consumer) -> None:
        """Begin each partition where the target or the offsets committed say. Raises what is of AWAY."""
        try:
            self._begin(consumer)
        except KafkaException as error:
            raise BrokerError(f"no Kafka answers at {self.bootstrap}: {error.args[0].str()}") from error

    def _begin(self, consumer: Consumer) -> None:
        ids = topic_ids(self.bootstrap, [self.prefix + name for name in self.topics])
        starts = []
        for name in self.topics:
            topic = self.prefix + name
            for partition in consumer.list_topics(topic, METADATA_SECONDS).topics[topic].partitions:
                at = (topic, partition)
                start = self._start(consumer, at, ids.get(topic, ""))
                self.target.begin(at, start)
                starts.append(TopicPartition(*at, start))
        consumer.assign(starts)
        # Killed between the flush and its commit, the group would seem to lag for as long as nothing comes.
        self._commit(consumer, {(at.topic, at.partition): at.offset for at in starts if at.offset > 0})
        log.info("sink started", topics=len(self.topics), partitions=len(starts))

    def _start(self, consumer: Consumer, at: At, topic_id: str) -> int:
        low, high = _bounds(consumer, at)
        wanted = self.target.position(at, topic_id)
        if wanted is None:
            committed = consumer.committed([TopicPartition(*at)], METADATA_SECONDS)[0].offset
            wanted = min(committed, high) if committed >= 0 else low
        if wanted > high:
            raise TopicError(
                f"{at[0]}, partition {at[1]}: kept up to offset {wanted}, but the broker ends at {high}: "
                "the topic was made anew, so keep it in another place"
            )
        if wanted < low:
            log.error(
                "records are gone from the broker", topic=at[0], partition=at[1], first=wanted, last=low - 1
            )
        return max(wanted, low)


def record_of(message: Message) -> Record:
    """A record as the client gives it."""
    # Of a record that was read all of this is there, and data are bytes, whatever the stub says.
    read: Any = message
    headers = read.headers()
    return Record(
        read.topic(),
        read.partition(),
        read.offset(),
        read.timestamp()[1],
        read.key(),
        read.value(),
        tuple(headers) if headers else (),
    )


def _bounds(consumer: Consumer, at: At) -> tuple[int, int]:
    found = consumer.get_watermark_offsets(TopicPartition(*at), timeout=METADATA_SECONDS)
    if found is None:
        raise BrokerError(f"the broker does not say how far {at[0]} reaches")
    return found


def topic_ids(bootstrap: str, topics: Sequence[str]) -> dict[str, str]:
    """Kafka's ids of topics; empty where the broker does not say, as the embedded one."""
    try:
        # The client must outlive the answer: with it gone, the answer is that it is gone.
        with admin.client(bootstrap) as asking:
            asked = asking.describe_topics(TopicCollection(list(topics)), request_timeout=METADATA_SECONDS)
            return {name: str(future.result().topic_id) for name, future in asked.items()}
    except KafkaException:
        return {}
