"""Real services for tests: hpr's own processes, and reading topics whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, ConsumerGroupState, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec

from schemas.codec import default_codec
from topics import admin
from topics.catalogue import RACE_EVENTS

PATIENCE_SECONDS = 120.0
SETTLING = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError._TRANSPORT,
)
"""What a broker answers while its topics or groups are being made, or found again after a start."""


def spawn(*arguments: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """An hpr command as a process of its own; its standard error goes to `log`."""
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "hpr", *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )


@contextmanager
def running(*arguments: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """An hpr command for as long as the block lasts, then ended as an operator would, by SIGTERM."""
    process = spawn(*arguments, log=log, **environment)
    try:
        yield process
        assert process.poll() is None, f"hpr {' '.join(arguments)} ended early:\n{log.read_text()[-3000:]}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def run(*arguments: str, log: Path, **environment: str) -> None:
    """An hpr command to its end, which has to be a success."""
    process = spawn(*arguments, log=log, **environment)
    assert process.wait(PATIENCE_SECONDS) == 0, log.read_text()[-3000:]


def wait_until(happened: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


def read_all(bootstrap: str, topic: str) -> list[Any]:
    """All records of a topic, decoded, by partition and offset."""
    return [default_codec().decode(value)[1] for value in read_values(bootstrap, topic)]


def read_values(bootstrap: str, topic: str) -> list[bytes]:
    """The values of all records of a topic, by partition and offset."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "tests", "enable.auto.commit": False})
    values: list[tuple[int, int, bytes]] = []
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10) for p in partitions}
        left = {p: end for p, (start, end) in ends.items() if end > start}
        consumer.assign([TopicPartition(topic, p, ends[p][0]) for p in left])
        while left:
            for message in consumer.consume(500, timeout=0.2):
                assert message.error() is None, message.error()
                partition, offset = message.partition() or 0, message.offset() or 0
                values.append((partition, offset, message.value() or b""))
                if offset + 1 >= left.get(partition, 0):
                    left.pop(partition, None)
    finally:
        consumer.close()
    return [value for _, _, value in sorted(values)]


class Progress:
    """How far the worker's group has committed the race topics under a prefix."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._group = f"{prefix}hpr-worker"
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": self._group})
        self._admin = admin.client(bootstrap)
        names = [prefix + topic.name for topic in RACE_EVENTS]
        found = self._consumer.list_topics(timeout=10).topics
        self._all = [TopicPartition(name, p) for name in names for p in found[name].partitions]

    def behind(self) -> int:
        """Records that no commit covers yet; very many while the broker cannot say."""
        try:
            found = self._consumer.committed(self._all, timeout=10)
            return self.written() - sum(max(at.offset, 0) for at in found)
        except KafkaException as error:
            if error.args[0].code() not in SETTLING:
                raise
            return 1 << 40

    def members(self) -> int:
        """How many workers share the partitions, once they are shared out."""
        try:
            group = self._admin.describe_consumer_groups([self._group], request_timeout=1)[
                self._group
            ].result()
        except KafkaException:
            return 0
        stable = group.state == ConsumerGroupState.STABLE
        return sum(1 for member in group.members if stable and member.assignment.topic_partitions)

    def written(self) -> int:
        """Records written to the race topics so far."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        ends = self._admin.list_offsets(dict.fromkeys(self._all, latest))
        return sum(end.result().offset for end in ends.values())

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
