"""The judge: reads what champions and candidates came to, race by race, and does what a verdict asks for."""

import threading
import time
from collections.abc import Iterator
from typing import NamedTuple, cast

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from models.registry import Entry, Registry
from models.succession import Policy, Trials, decide
from models.trial import in_words
from schemas.codec import Codec
from schemas.errors import BrokerError, ModelError, SchemaError, TopicError
from schemas.records import ModelSnapshot
from topics.catalogue import SNAPSHOTS

log = structlog.get_logger("hpr.judge")

POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 10.0
RUN = 500


class Source(NamedTuple):
    """Where the snapshots are."""

    bootstrap: str
    prefix: str
    codec: Codec


class Reader:
    """Reads the topic from its beginning, without a group. Raises BrokerError or TopicError at once."""

    def __init__(self, source: Source) -> None:
        self._codec = source.codec
        self._consumer = Consumer(
            {
                "bootstrap.servers": source.bootstrap,
                "group.id": "hpr-judge",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "reconnect.backoff.max.ms": 1000,
                "log_level": 0,
            }
        )
        try:
            parts = self._parts(source)
            self._consumer.assign(parts)
        except KafkaException as error:
            self.close()
            raise BrokerError(f"no broker answers at {source.bootstrap}: {error.args[0].str()}") from error
        except TopicError:
            self.close()
            raise
        self._open = {part.partition for part in parts}

    def _parts(self, source: Source) -> list[TopicPartition]:
        name = source.prefix + SNAPSHOTS.name
        found = self._consumer.list_topics(timeout=5.0).topics
        if name not in found:
            raise TopicError(f"topic missing: {name}; run `hpr topics create`")
        return [TopicPartition(name, partition, 0) for partition in found[name].partitions]

    @property
    def caught_up(self) -> bool:
        """Whether the end of every partition was seen."""
        return not self._open

    def poll(self) -> Iterator[ModelSnapshot]:
        """What has come; waits a little for it. Raises BrokerError."""
        for message in self._consumer.consume(RUN, POLL_SECONDS):
            if (error := message.error()) is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise BrokerError(f"snapshots of models cannot be read: {error.str()}")
                self._open.discard(message.partition() or 0)
                continue
            try:
                kind, event = self._codec.decode(_bytes(message.value() or b""))
            except SchemaError as problem:
                log.warning("a snapshot is not understood", offset=message.offset(), error=str(problem))
                continue
            if kind == SNAPSHOTS.schema:
                yield cast(ModelSnapshot, event)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def read(source: Source) -> Trials:
    """All trials that there are. Raises BrokerError where no broker answers in time."""
    reader, trials = Reader(source), Trials()
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while not reader.caught_up:
            for snapshot in reader.poll():
                trials.fold(snapshot)
            if time.monotonic() > deadline:
                raise BrokerError(f"snapshots were not read within {PATIENCE_SECONDS:g} s: try again")
    finally:
        reader.close()
    return trials


class Judge:
    """Follows the snapshots. Only what concerns today's champion and candidate can move it to act."""

    def __init__(self, source: Source, registry: Registry, policy: Policy) -> None:
        self._source = source
        self._registry = registry
        self._policy = policy
        self._told: tuple[int, str] = (0, "")

    def run(self, stop: threading.Event) -> None:
        """Judge until told to stop; waits while no broker answers."""
        while not stop.is_set():
            try:
                self._follow(stop)
            except (BrokerError, TopicError, KafkaException) as error:
                log.warning("the judge waits", error=str(error))
                stop.wait(RETRY_SECONDS)

    def _follow(self, stop: threading.Event) -> None:
        reader, trials, behind = Reader(self._source), Trials(), True
        try:
            while not stop.is_set():
                news = [trials.fold(snapshot) for snapshot in reader.poll()]
                # Not before all of it is known: what a part says may not be what the whole does.
                if reader.caught_up and (behind or any(news)):
                    behind = False
                    self.judge(trials)
        finally:
            reader.close()

    def judge(self, trials: Trials) -> Entry | None:
        """Act on today's trial; what was done. A verdict that is left to a person is said once."""
        try:
            trial, candidate = trials.of(self._registry), self._registry.choice("CANDIDATE")
            done = decide(self._registry, trial, self._policy)
        except ModelError as error:
            log.warning("models stay as they are", error=str(error))
            return None
        if done is not None:
            log.warning("models changed", action=done.action, version=done.version, why=done.reason)
        elif trial.verdict != "OPEN" and self._told != (candidate.number, trial.verdict):
            self._told = candidate.number, trial.verdict
            log.warning("a trial has a verdict", candidate=candidate.version, why=in_words(trial))
        return done
