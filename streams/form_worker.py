"""The form worker: one learner over all races in the order of recorded time, restarted from a snapshot."""

import threading
import time
from pathlib import Path
from typing import NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.dead_letters import dead_letter
from schemas.errors import BrokerError, SchemaError, StateError, TopicError
from streams.engine import Located
from streams.form import FormState, fold
from streams.form_snapshot import Offsets, pack, unpack, write
from streams.merge import PartitionMerge
from topics.catalogue import (
    CARDS,
    CONDITIONS,
    DEAD_LETTERS,
    FORM,
    FORM_REQUESTS,
    LESSONS,
    PERFORMANCES,
    PROFILES,
    RESULTS,
    SCRATCHES,
    WORKOUTS,
    Topic,
)
from topics.producer import EventProducer

log = structlog.get_logger("hpr.form")

READ: tuple[Topic, ...] = (
    PROFILES, PERFORMANCES, WORKOUTS, CARDS, CONDITIONS, SCRATCHES, RESULTS, LESSONS, FORM_REQUESTS
)  # fmt: skip
"""What the fold takes, by rank: of one instant, what a request is answered from comes before it."""

MANY_PARTITIONS = 10_000
RUN = 500
POLL_SECONDS = 0.05
SNAPSHOT_SECONDS = 5.0
SNAPSHOT_REST = 20.0
"""After a snapshot so many times what it took is left to the work: a large book takes a while to write."""

RETRY_SECONDS = 1.0
FETCH_WAIT_MS = 20
SOURCE = "form worker"


class Settings(NamedTuple):
    """How to run it; `snapshot` is the file that its state is kept in."""

    bootstrap: str
    prefix: str
    snapshot: Path


class FormWorker:
    """Reads without a group, since its own snapshot says how far it came. Two of them say the same."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings = settings
        self._codec = codec
        self._producer = EventProducer(settings.bootstrap, settings.prefix, codec, linger_ms=0)
        self._topics = {settings.prefix + topic.name: topic for topic in READ}
        self._state, self._offsets = self._start()
        self._ended: set[str] = set()
        """Partitions with nothing left to fetch."""
        self._merge = PartitionMerge({})
        self._partitions = 0
        self.caught_up = False
        """Whether all that there was at the start has been read."""
        self.turned_at = time.monotonic()
        """When it last went round."""
        self._dirty = False
        self._due = time.monotonic() + SNAPSHOT_SECONDS
        self.answered = 0

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; waits while no broker answers. The state is written on the way out."""
        while not stop.is_set():
            consumer = Consumer(self._config())
            try:
                self._assign(consumer)
                while not stop.is_set():
                    self._turn(consumer)
            except KafkaException as error:
                log.warning("the broker does not answer; trying again", error=str(error))
                stop.wait(RETRY_SECONDS)
            finally:
                consumer.close()
        self._snapshot()

    def _start(self) -> tuple[FormState, Offsets]:
        path = self._settings.snapshot
        try:
            state, offsets = unpack(path.read_bytes())
        except FileNotFoundError:
            return FormState(), {}
        except StateError as error:
            log.warning("form is learnt again from the topics", snapshot=str(path), why=str(error))
            return FormState(), {}
        return state, offsets

    def _config(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self._settings.bootstrap,
            "group.id": "hpr-form",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": FETCH_WAIT_MS,
            "reconnect.backoff.max.ms": 1000,
            "log_level": 0,
        }

    def _assign(self, consumer: Consumer) -> None:
        """All partitions from where the state stands; what was fetched and not worked is fetched again."""
        found = consumer.list_topics(timeout=5.0).topics
        missing = [name for name in self._topics if name not in found or not found[name].partitions]
        if missing:
            raise TopicError(f"topics missing: {', '.join(missing)}; run `hpr topics create`")
        ranks = {
            f"{name}:{partition}": rank * MANY_PARTITIONS + partition
            for rank, name in enumerate(self._topics)
            for partition in found[name].partitions
        }
        self._merge, self._ended = PartitionMerge(ranks), set()
        self._partitions, self.caught_up = len(ranks), False
        parts = []
        for key in ranks:
            name, _, partition = key.rpartition(":")
            low, high = consumer.get_watermark_offsets(TopicPartition(name, int(partition)), timeout=5.0)
            start = self._offsets.get(key, low)
            if start > high:
                log.warning("a topic is new under its name: read from its beginning", topic=key)
                start = low
            parts.append(TopicPartition(name, int(partition), max(start, low)))
        consumer.assign(parts)

    def _turn(self, consumer: Consumer) -> None:
        messages = consumer.consume(RUN, POLL_SECONDS)
        for message in messages:
            self._take(message)
        taken = self._merge.take(RUN, lambda key, _since: key in self._ended)
        for located in taken:
            self._work(located)
        self._producer.poll()
        self.caught_up = self.caught_up or len(self._ended) == self._partitions
        self.turned_at = time.monotonic()
        if self._dirty and time.monotonic() >= self._due:
            self._snapshot()

    def _take(self, message: Message) -> None:
        key = f"{message.topic()}:{message.partition()}"
        if (error := message.error()) is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                self._ended.add(key)
                return
            raise KafkaException(error)
        self._ended.discard(key)
        offset, payload = message.offset() or 0, message.value() or b""
        name = self._topics[message.topic() or ""].schema
        try:
            kind, event = self._codec.decode(_bytes(payload))
        except SchemaError as error:
            self._bury(key, offset, _bytes(payload), str(error))
            return
        if kind != name:
            self._bury(key, offset, _bytes(payload), f"a {kind} does not belong on {message.topic()}")
            return
        self._merge.add(key, [Located(kind, event, key, message.partition() or 0, offset)])

    def _work(self, located: Located) -> None:
        try:
            answers = fold(self._state, located.name, located.event)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            payload = self._codec.encode(located.name, located.event)
            self._bury(located.topic, located.offset, payload, repr(error))
            answers = []
        while self._state.doubts:
            log.warning("prices did not hold: confidence is lower", meeting=self._state.doubts.pop())
        for answer in answers:
            self._producer.publish(FORM.name, answer)
            self.answered += 1
        self._offsets[located.topic] = located.offset + 1
        self._dirty = True

    def _bury(self, key: str, offset: int, payload: bytes, reason: str) -> None:
        origin = f"{key}:{offset}"
        letter = dead_letter(SOURCE, payload, origin, reason, identity=f"{origin}:")
        self._producer.publish(DEAD_LETTERS.name, letter)

    def _snapshot(self) -> None:
        """Answers acknowledged, then the state: killed between, the same answers are given again."""
        if not self._dirty:
            return
        began = time.monotonic()
        try:
            self._producer.flush(10.0)
        except BrokerError as error:
            log.warning("answers are not acknowledged; they are given again", error=str(error))
            return
        write(self._settings.snapshot, pack(self._state, self._offsets))
        self._dirty = False
        now = time.monotonic()
        self._due = now + max(SNAPSHOT_SECONDS, SNAPSHOT_REST * (now - began))


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
