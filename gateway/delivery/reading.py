"""The Kafka side of the notifier: a thread that reads views, alerts, predictions and the feeds' status."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.errors import BrokerError, HprError, SchemaError
from topics.catalogue import ALERTS, FEED_STATUS, PREDICTIONS, RACES

log = structlog.get_logger()
RUN = 500
POLL_SECONDS = 0.2
RETRY_SECONDS = 0.5
METADATA_SECONDS = 10.0
RECENT = 200
STEPPED = (ALERTS.name, PREDICTIONS.name)
"""Topics whose offsets are kept with what was made of them."""

Offsets = dict[tuple[str, int], int]


@dataclass(slots=True)
class Batch:
    """Records in the order read, by schema name and key; `record` is None for a tombstone."""

    records: list[tuple[str, str, Any]] = field(default_factory=list)
    read: Offsets = field(default_factory=dict)
    """Next offsets of the topics that are stepped."""


class Reading:
    """Reads on a thread of its own into `batches`; `start` goes back to where the offsets say."""

    def __init__(self, bootstrap: str, prefix: str, codec: Codec) -> None:
        self.batches: asyncio.Queue[Batch] = asyncio.Queue(maxsize=4)
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._codec = codec
        self._stopping = threading.Event()
        self.whole = threading.Event()
        self._next: Offsets = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="notifier-reader", daemon=True)

    def start(self, kept: Offsets) -> None:
        """Begin to read at the offsets `kept`."""
        self._loop, self._next = asyncio.get_running_loop(), dict(kept)
        self._thread.start()

    async def stop(self) -> None:
        """End, and let go of what was read ahead."""
        self._stopping.set()
        while self._thread.is_alive():
            while not self.batches.empty():
                self.batches.get_nowait()
            await asyncio.sleep(0.02)

    def ends(self) -> Offsets:
        """Where the topics that are stepped end now; raises BrokerError."""
        consumer = Consumer(self._config())
        try:
            return {
                (topic, p): consumer.get_watermark_offsets(
                    TopicPartition(self._prefix + topic, p), METADATA_SECONDS
                )[1]
                for topic in STEPPED
                for p in self._partitions(consumer, topic)
            }
        except KafkaException as error:
            raise BrokerError(
                f"no Kafka answers at {self._bootstrap}: start it, or set HPR_BROKER"
            ) from error
        finally:
            consumer.close()

    def _config(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self._bootstrap,
            "group.id": "hpr-notifier",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            # Records that retention took are gone; what is left is read.
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,
            "reconnect.backoff.max.ms": 1000,
            "log_level": 0,
            "error_cb": lambda _error: None,
        }

    def _partitions(self, consumer: Consumer, topic: str) -> list[int]:
        name = self._prefix + topic
        found = consumer.list_topics(name, timeout=METADATA_SECONDS).topics[name]
        if found.error is not None:
            raise BrokerError(f"topic {name}: {found.error.str()}; create it with `hpr topics create`")
        return sorted(found.partitions)

    def _run(self) -> None:
        while not self._stopping.is_set():
            consumer = Consumer(self._config())
            try:
                self._follow(consumer)
            except (HprError, KafkaException) as error:
                log.warning("cannot read; trying again", error=str(error))
                self._stopping.wait(RETRY_SECONDS)
            finally:
                consumer.close()

    def _follow(self, consumer: Consumer) -> None:
        """First what races stand at, whole; then everything, as it comes."""
        races = [
            TopicPartition(self._prefix + RACES.name, p, 0) for p in self._partitions(consumer, RACES.name)
        ]
        for at in races:
            at.offset = consumer.get_watermark_offsets(at, METADATA_SECONDS)[0]
        behind = {at.partition for at in races}
        consumer.assign(races)
        while behind and not self._stopping.is_set():
            batch = self._take(consumer, behind)
            self._hand_on(batch)
        consumer.assign([*consumer.position(races), *self._stepped(consumer), *self._feeds(consumer)])
        self.whole.set()
        while not self._stopping.is_set():
            self._hand_on(self._take(consumer, set()))

    def _stepped(self, consumer: Consumer) -> Iterator[TopicPartition]:
        for topic in STEPPED:
            for p in self._partitions(consumer, topic):
                yield TopicPartition(self._prefix + topic, p, self._next.get((topic, p), 0))

    def _feeds(self, consumer: Consumer) -> Iterator[TopicPartition]:
        name = self._prefix + FEED_STATUS.name
        for p in self._partitions(consumer, FEED_STATUS.name):
            low, high = consumer.get_watermark_offsets(TopicPartition(name, p), METADATA_SECONDS)
            yield TopicPartition(name, p, max(low, high - RECENT))

    def _take(self, consumer: Consumer, behind: set[int]) -> Batch:
        batch = Batch()
        first = consumer.poll(POLL_SECONDS)
        for message in () if first is None else (first, *consumer.consume(RUN - 1, 0)):
            error = message.error()
            if error is None:
                self._decode(message, batch)
            elif error.code() == KafkaError._PARTITION_EOF:
                behind.discard(message.partition() or 0)
        return batch

    def _decode(self, message: Message, batch: Batch) -> None:
        topic = (message.topic() or "").removeprefix(self._prefix)
        partition, offset = message.partition() or 0, message.offset() or 0
        if topic in STEPPED:
            batch.read[topic, partition] = self._next[topic, partition] = offset + 1
        key, value = message.key() or b"", message.value()
        if value is None:
            batch.records.append(("", bytes(key).decode() if isinstance(key, bytes) else str(key), None))
            return
        try:
            name, record = self._codec.decode(bytes(value) if isinstance(value, bytes) else value.encode())
        except SchemaError as error:
            log.warning("record skipped", topic=topic, partition=partition, offset=offset, why=str(error))
            return
        batch.records.append((name, record["race_id"], record))

    def _hand_on(self, batch: Batch) -> None:
        if (batch.records or batch.read) and self._loop is not None and not self._stopping.is_set():
            asyncio.run_coroutine_threadsafe(self.batches.put(batch), self._loop).result()
