"""Which cluster and topics the gateway reads: their epoch is the same on every gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    events: Mapping[str, "EventWorld"] = field(default_factory=dict)
    """The topics of the event channels, by name."""


@dataclass(frozen=True, slots=True)
class EventWorld:
    """Of one topic of events its epoch (16 hexadecimal digits) and its partitions."""

    epoch: str
    partitions: tuple[int, ...]


def survey(
    consumer: Consumer, bootstrap: str, races: str, bars: str, feeds: str, *, events: Sequence[str] = ()
) -> World:
    """What `consumer` finds of the topics `races`, `bars` and `feeds`, and of those of `events`.

    Raises BrokerError if the cluster does not answer, TopicError if a topic is missing.
    """
    cluster, race_partitions = _describe(consumer, bootstrap, races)
    _, bar_partitions = _describe(consumer, bootstrap, bars)
    _, feed_partitions = _describe(consumer, bootstrap, feeds)
    partitions = {topic: _describe(consumer, bootstrap, topic)[1] for topic in events}
    ids = _topic_ids(bootstrap, cluster, [races, *events])
    return World(
        _epoch(cluster, races, ids),
        race_partitions,
        bar_partitions,
        feed_partitions,
        {topic: EventWorld(_epoch(cluster, topic, ids), found) for topic, found in partitions.items()},
    )


def _epoch(cluster: str, topic: str, ids: Mapping[str, str]) -> str:
    return uuid_of(f"{cluster}:{topic}:{ids[topic]}").replace("-", "")[:EPOCH_DIGITS]


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


def _topic_ids(bootstrap: str, cluster: str, topics: Sequence[str]) -> dict[str, str]:
    """The topics' ids, which a topic made anew under the same name does not have; empty where unknown."""
    if cluster.startswith(MOCK):
        return dict.fromkeys(topics, "")
    # The client must outlive the answer: with it gone, the answer is that it is gone.
    with admin.client(bootstrap) as asking:
        answer = asking.describe_topics(TopicCollection(list(topics)), request_timeout=TIMEOUT_SECONDS)
        try:
            return {topic: str(answer[topic].result().topic_id) for topic in topics}
        except KafkaException as error:
            raise BrokerError(f"Kafka at {bootstrap} does not describe {topics[0]}: {error}") from error
