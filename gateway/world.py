"""Which cluster and topics the gateway reads: their epoch is the same on every gateway."""

from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicCollection

from schemas.errors import BrokerError, TopicError
from schemas.identity import uuid_of
from topics import admin

TIMEOUT_SECONDS = 2.0
EPOCH_DIGITS = 16
MOCK = "mockCluster"
"""How librdkafka's mock cluster begins its id; it knows no topic ids and would not answer."""


@dataclass(frozen=True, slots=True)
class World:
    """The epoch (16 hexadecimal digits) and the partitions of each topic."""

    epoch: str
    race_partitions: tuple[int, ...]
    bar_partitions: tuple[int, ...]
    feed_partitions: tuple[int, ...]


def survey(consumer: Consumer, bootstrap: str, races: str, bars: str, feeds: str) -> World:
    """What `consumer` finds of the topics `races`, `bars` and `feeds`.

    Raises BrokerError if the cluster does not answer, TopicError if a topic is missing.
    """
    cluster, race_partitions = _describe(consumer, bootstrap, races)
    _, bar_partitions = _describe(consumer, bootstrap, bars)
    _, feed_partitions = _describe(consumer, bootstrap, feeds)
    identity = f"{cluster}:{races}:{_topic_id(bootstrap, cluster, races)}"
    epoch = uuid_of(identity).replace("-", "")[:EPOCH_DIGITS]
    return World(epoch, race_partitions, bar_partitions, feed_partitions)


def _describe(consumer: Consumer, bootstrap: str, topic: str) -> tuple[str, tuple[int, ...]]:
    """Cluster id and partitions. A consumer's question, unlike an admin client's, creates no topic."""
    try:
        found = consumer.list_topics(topic, timeout=TIMEOUT_SECONDS)
    except KafkaException as error:
        raise BrokerError(f"no Kafka answers at {bootstrap}: start it, or set HPR_BROKER") from error
    partitions = tuple(sorted(found.topics[topic].partitions))
    if not partitions:
        raise TopicError(f"topic {topic} is missing: run `hpr topics create`")
    return str(found.cluster_id), partitions


def _topic_id(bootstrap: str, cluster: str, topic: str) -> str:
    """The topic's id, which a topic made anew under the same name does not have; empty if unknown."""
    if cluster.startswith(MOCK):
        return ""
    # The client must outlive the answer: with it gone, the answer is that it is gone.
    asking = admin.client(bootstrap)
    answer = asking.describe_topics(TopicCollection([topic]), request_timeout=TIMEOUT_SECONDS)
    try:
        return str(answer[topic].result().topic_id)
    except KafkaException as error:
        raise BrokerError(f"Kafka at {bootstrap} does not describe {topic}: {error}") from error
