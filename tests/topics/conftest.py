"""Topics with names of their own on real brokers, and what a topic holds."""

import time
import uuid
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import TopicMetadata
from confluent_kafka.cimpl import NewTopic

Reader = Callable[[str, str, int], list[Message]]
Maker = Callable[..., None]
_NOTHING = TopicMetadata()


@pytest.fixture
def prefix() -> str:
    """A topic prefix that nobody used before."""
    return f"t{uuid.uuid4().hex[:10]}."


def _make(bootstrap: str, name: str, partitions: int, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)
    admin.create_topics([topic])[name].result(10)
    while len(admin.list_topics(timeout=10).topics.get(name, _NOTHING).partitions) < partitions:
        time.sleep(0.02)


@pytest.fixture(scope="session")
def make_topic() -> Maker:
    """Creates a topic: bootstrap, name, partitions and configuration."""
    return _make


def _read(bootstrap: str, topic: str, count: int) -> list[Message]:
    settings = {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "log_level": 0}
    consumer = Consumer({**settings, "auto.offset.reset": "earliest", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    found: list[Message] = []
    while len(found) < count and (message := consumer.poll(15)) is not None:
        found.append(message)
    late = consumer.poll(0.2)
    consumer.close()
    return found if late is None else [*found, late]


@pytest.fixture(scope="session")
def read_topic() -> Reader:
    """Reads `count` records of a topic from its start; one more shows that there was more."""
    return _read
