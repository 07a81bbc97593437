"""Events that a client missed and the log no longer holds, read from Kafka itself."""

import asyncio
import time
from collections import OrderedDict

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from gateway.calls import NOT_READY, Refusal
from gateway.effects import Recover
from gateway.event_topics import EVENT_TOPICS, EventTopic
from gateway.events import Event
from schemas.codec import Codec
from schemas.errors import SchemaError

log = structlog.get_logger()

PATIENCE_SECONDS = 10.0
METADATA_SECONDS = 5.0
AT_ONCE = 2
"""Reads at the same time; the rest wait."""
REMEMBERED = 16
"""Answers kept: clients of one gateway that went away come back with the same positions."""
REMEMBERED_SECONDS = 30.0
PRIVATE_FACTOR = 20
"""A user's own events are few among all of their topic: so many times more records are looked through."""

Found = list[Event] | Refusal | None


class Recovery:
    """Reads what lies between two positions. At most `most` records, of private channels some times more."""

    def __init__(self, bootstrap: str, prefix: str, codec: Codec, most: int) -> None:
        self._bootstrap = bootstrap
        self._topics = {topic.channel: topic for topic in EVENT_TOPICS}
        self._prefix = prefix
        self._codec = codec
        self._most = most
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._asked: OrderedDict[tuple[str, str, str], tuple[float, asyncio.Task[Found]]] = OrderedDict()

    async def read(self, wanted: Recover) -> Found:
        """The owner's events from `since` up to `until`; None if they are not all there or too many.

        A Refusal if Kafka does not answer.
        """
        key = wanted.channel, wanted.since.encode(), wanted.until.encode()
        now = time.monotonic()
        for old in [k for k, (at, _) in self._asked.items() if now - at > REMEMBERED_SECONDS]:
            del self._asked[old]
        if key not in self._asked:
            self._asked[key] = now, asyncio.create_task(self._read_in_turn(wanted))
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
        found = await asyncio.shield(self._asked[key][1])
        if isinstance(found, Refusal):
            self._asked.pop(key, None)
        if not isinstance(found, list):
            return found
        return [event for event in found if event.owner == wanted.owner]

    async def _read_in_turn(self, wanted: Recover) -> Found:
        async with self._turns:
            try:
                return await asyncio.to_thread(self._read, wanted)
            except KafkaException as error:
                log.warning("missed events could not be read", channel=wanted.channel, error=str(error))
                return Refusal(NOT_READY, "missed events cannot be read just now: try again", temporary=True)

    def _read(self, wanted: Recover) -> list[Event] | None:
        since, until = wanted.since.offsets, wanted.until.offsets
        spans = {p: (since.get(p, 0), end) for p, end in until.items() if since.get(p, 0) < end}
        most = self._most * (1 if wanted.owner is None else PRIVATE_FACTOR)
        if sum(end - start for start, end in spans.values()) > most:
            return None
        topic = self._topics[wanted.channel]
        consumer = Consumer(self._config())
        try:
            return self._between(consumer, topic, spans)
        finally:
            consumer.close()

    def _config(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self._bootstrap,
            "group.id": "hpr-gateway-recovery",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "log_level": 0,
        }

    def _between(
        self, consumer: Consumer, topic: EventTopic, spans: dict[int, tuple[int, int]]
    ) -> list[Event] | None:
        """All that stands between the offsets of each partition, or None if its beginning is gone."""
        name = self._prefix + topic.topic
        for partition, (start, _) in spans.items():
            at = TopicPartition(name, partition)
            if consumer.get_watermark_offsets(at, timeout=METADATA_SECONDS)[0] > start:
                return None
        consumer.assign([TopicPartition(name, p, start) for p, (start, _) in spans.items()])
        found: list[Event] = []
        left = dict(spans)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while left:
            if time.monotonic() > deadline:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            for message in consumer.consume(500, timeout=0.2):
                self._take(message, topic, left, found)
        return found

    def _take(
        self, message: Message, topic: EventTopic, left: dict[int, tuple[int, int]], found: list[Event]
    ) -> None:
        partition, offset = message.partition() or 0, message.offset() or 0
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        if partition not in left:
            return
        end = left[partition][1]
        if error is None and offset < end and (event := self._event(message, topic, partition, offset)):
            found.append(event)
        if error is not None or offset >= end - 1:
            del left[partition]

    def _event(self, message: Message, topic: EventTopic, partition: int, offset: int) -> Event | None:
        value = message.value()
        if value is None:
            return None
        try:
            record = self._codec.decode(value)[1]
        except SchemaError:
            return None  # the reader passed over it too, and said so
        return topic.event(record, partition, offset)
