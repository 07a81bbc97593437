from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer

from deploy.kafka.node import SingleNode
from gateway.world import survey
from schemas.errors import BrokerError, TopicError
from topics import admin
from topics.embedded import EmbeddedBroker

TOPICS = ("racing.races", "racing.bars", "feeds.status")


def _consumer(bootstrap: str) -> Consumer:
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "log_level": 0})


@pytest.fixture
def consumer(broker: EmbeddedBroker) -> Iterator[Consumer]:
    opened = _consumer(broker.bootstrap)
    yield opened
    opened.close()


def test_a_world_has_an_epoch_and_the_partitions_of_its_topics(
    broker: EmbeddedBroker, consumer: Consumer
) -> None:
    found = survey(consumer, broker.bootstrap, *TOPICS)
    assert len(bytes.fromhex(found.epoch)) == 8
    assert found.race_partitions == found.bar_partitions == found.feed_partitions == (0, 1, 2, 3)
    assert survey(consumer, broker.bootstrap, *TOPICS) == found


def test_another_topic_is_another_epoch(broker: EmbeddedBroker, consumer: Consumer) -> None:
    broker.touch(["other.races"])
    found = survey(consumer, broker.bootstrap, *TOPICS)
    assert survey(consumer, broker.bootstrap, "other.races", *TOPICS[1:]).epoch != found.epoch


def test_no_broker_is_an_error_that_says_what_to_do() -> None:
    lost = _consumer("127.0.0.1:9")
    with pytest.raises(BrokerError, match=r"no Kafka answers at .*: start it"):
        survey(lost, "127.0.0.1:9", *TOPICS)
    lost.close()


def test_a_topic_made_anew_under_its_name_is_another_epoch(kafka: SingleNode) -> None:
    prefix = "world."
    names = [prefix + name for name in TOPICS]
    opened = _consumer(kafka.bootstrap)
    with pytest.raises(TopicError, match="hpr topics create"):
        survey(opened, kafka.bootstrap, *names)
    admin.create(kafka.bootstrap, prefix)
    before = survey(opened, kafka.bootstrap, *names)
    assert before.race_partitions == tuple(range(8))
    assert survey(opened, kafka.bootstrap, *names) == before
    deleting = admin.client(kafka.bootstrap)
    for gone in deleting.delete_topics(names).values():
        gone.result()
    made: set[str] = set()
    while not made >= set(names):
        made.update(admin.create(kafka.bootstrap, prefix))
    assert survey(opened, kafka.bootstrap, *names).epoch != before.epoch
    opened.close()
