"""Publishes events: idempotent, placed as Java clients place keys, and loud when a record is lost."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.codec import Codec, default_codec
from schemas.errors import BrokerError
from schemas.identity import iso
from topics.catalogue import ALERTS, BY_NAME, LARGEST_BYTES, PREDICTIONS

CLOUD_EVENT_TYPES = {PREDICTIONS.name: "pro.horserace.prediction.v1", ALERTS.name: "pro.horserace.alert.v1"}

POLL_RECORDS = 256
"""Records after which delivery reports are served: each time costs a turn of the interpreter's lock."""

Headers = list[tuple[str, str | bytes | None]]


def producer_config(bootstrap: str, linger_ms: int = 1) -> dict[str, str | int | bool]:
    """Settings of every producer of the project; it waits `linger_ms` for more before it sends.

    The partitioner is murmur2_random because the default, CRC32, would place a race elsewhere than
    Java clients and Faust do, and so part it from its state.
    """
    return {
        "bootstrap.servers": bootstrap,
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "reconnect.backoff.max.ms": 1_000,
        "linger.ms": linger_ms,
        "compression.type": "lz4",
        "message.max.bytes": LARGEST_BYTES + 4096,
        "queue.buffering.max.messages": 200_000,
        "log_level": 2,
    }


class EventProducer:
    """Encodes events for their topic and publishes them under their key.

    Delivery is asynchronous: what failed for good raises BrokerError at the next call or flush.
    """

    def __init__(
        self, bootstrap: str, prefix: str = "", codec: Codec | None = None, *, linger_ms: int = 1
    ) -> None:
        self._producer = Producer(producer_config(bootstrap, linger_ms))
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._codec = codec or default_codec()
        self._failure: KafkaError | None = None
        self._epoch = 0
        self._open: dict[int, int] = {}
        """Records not acknowledged by epoch; marks part epochs."""
        self.published = 0

    def publish(self, topic: str, record: Mapping[str, Any]) -> None:
        """Publish `record` to the catalogue's `topic`, keyed as the catalogue says."""
        entry = BY_NAME[topic]
        value = self._codec.encode(entry.schema, record)
        headers = cloud_event_headers(topic, record) if topic in CLOUD_EVENT_TYPES else None
        self.send(topic, str(record[entry.key]).encode(), value, headers=headers)

    def send(
        self, topic: str, key: bytes, value: bytes | None, partition: int = -1, headers: Headers | None = None
    ) -> None:
        """Publish bytes as they are; waits while the local queue is full."""
        self._raise_failure()
        while True:
            try:
                self._producer.produce(
                    self._prefix + topic,
                    value,
                    key,
                    partition,
                    partial(self._delivered, self._epoch),
                    headers=headers,
                )
            except BufferError:
                self._producer.poll(0.1)
                self._raise_failure()
            except KafkaException as error:
                raise BrokerError(
                    f"a record for {self._prefix + topic} could not be sent: {error.args[0].str()}"
                ) from error
            else:
                break
        self._open[self._epoch] = self._open.get(self._epoch, 0) + 1
        self.published += 1
        if not self.published % POLL_RECORDS:
            self._producer.poll(0)

    @property
    def unacknowledged(self) -> int:
        """Records on their way."""
        return len(self._producer)

    def poll(self) -> None:
        """Serve delivery reports."""
        self._producer.poll(0)
        self._raise_failure()

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until all is acknowledged; BrokerError if that takes over `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self._producer.flush(0.5):
            self._raise_failure()
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"{len(self._producer)} records unacknowledged after {timeout:g} s by {self._bootstrap}"
                )
        self._raise_failure()

    def purge(self) -> None:
        """Give up what is not sent yet."""
        self._producer.purge()
        self._producer.poll(0)

    def mark(self) -> int:
        """A mark behind all that has been published so far, for `acknowledged`."""
        self._epoch += 1
        return self._epoch - 1

    def acknowledged(self, mark: int) -> bool:
        """Whether all before the mark is acknowledged, whatever was published since; does not wait."""
        self.poll()
        self._open = {epoch: count for epoch, count in self._open.items() if count}
        return all(epoch > mark for epoch in self._open)

    def _delivered(self, epoch: int, error: KafkaError | None, _message: Message) -> None:
        self._open[epoch] -= 1
        if error is not None:
            self._failure = error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise BrokerError(f"a record could not be delivered: {self._failure.str()}") from KafkaException(
                self._failure
            )


def cloud_event_headers(topic: str, record: Mapping[str, Any]) -> Headers:
    """CloudEvents 1.0 attributes in Kafka's binary mode."""
    return [
        ("ce_specversion", "1.0"),
        ("ce_id", record["event_id"]),
        ("ce_source", f"/{record['source']}"),
        ("ce_type", CLOUD_EVENT_TYPES[topic]),
        ("ce_subject", record["race_id"]),
        ("ce_time", iso(record["event_time"])),
        ("content-type", "application/avro"),
    ]
