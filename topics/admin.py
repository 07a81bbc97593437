"""Creates the catalogue's topics on a cluster, and checks a cluster against the catalogue."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource, ConfigSource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from schemas.errors import BrokerError, TopicError
from topics import catalogue
from topics.catalogue import Topic

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as it has to be on the cluster: its full name, partitions and configuration."""

    name: str
    partitions: int
    config: dict[str, str]


def wanted(prefix: str = "", topics: Iterable[Topic] = catalogue.ALL) -> list[Wanted]:
    """All topics that the system needs under `prefix`, the worker's changelog among them."""
    changelog = Wanted(
        prefix + catalogue.RACES_CHANGELOG, catalogue.PARTITIONS, {"cleanup.policy": "compact"}
    )
    return [*(Wanted(prefix + topic.name, topic.partitions, topic.config) for topic in topics), changelog]


def client(bootstrap: str) -> AdminClient:
    """An admin client for the brokers `bootstrap` (host:port, comma separated).

    To be closed with `with`: left to the collector, it can hang when its brokers are gone by then.
    """
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def answers(bootstrap: str, seconds: float = 5.0) -> bool:
    """Whether a Kafka cluster answers at `bootstrap` within `seconds`."""
    try:
        with client(bootstrap) as admin:
            admin.list_topics(timeout=seconds)
    except KafkaException:
        return False
    return True


def require(bootstrap: str, names: Iterable[str]) -> None:
    """Raise TopicError, which says what to do, unless the cluster has all of `names`."""
    with client(bootstrap) as admin:
        found = _partitions(admin, bootstrap)
    if missing := [name for name in names if name not in found]:
        raise TopicError(f"topics missing: {', '.join(missing)}; run `hpr topics create`")


def create(bootstrap: str, prefix: str = "", replication: int = 1) -> list[str]:
    """Create what is missing and wait until the cluster lists it; returns the names created.

    Existing topics are left as they are. Raises BrokerError if the cluster does not answer or refuses.
    """
    with client(bootstrap) as admin:
        present = _partitions(admin, bootstrap)
        missing = [topic for topic in wanted(prefix) if topic.name not in present]
        created = _created(admin, missing, replication) if missing else []
        _wait_until_listed(admin, bootstrap, {topic.name for topic in missing})
    return created


def _created(admin: AdminClient, missing: list[Wanted], replication: int) -> list[str]:
    new = [
        NewTopic(t.name, num_partitions=t.partitions, replication_factor=replication, config=t.config)
        for t in missing
    ]
    created = []
    asked = admin.create_topics(new, operation_timeout=TIMEOUT_SECONDS, request_timeout=TIMEOUT_SECONDS)
    for name, future in asked.items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise BrokerError(f"cannot create topic {name}: {error.args[0].str()}") from error
        else:
            created.append(name)
    return created


def _wait_until_listed(admin: AdminClient, bootstrap: str, names: set[str]) -> None:
    """A broker answers that a topic is made before it lists it."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while names and (unlisted := names - _partitions(admin, bootstrap).keys()):
        if time.monotonic() > deadline:
            raise BrokerError(f"{bootstrap} does not list {', '.join(sorted(unlisted))} after creating them")
        time.sleep(0.02)


def check(bootstrap: str, prefix: str = "") -> list[str]:
    """What differs between the cluster and the catalogue, one line each; empty if nothing does.

    Raises BrokerError if the cluster does not answer, or not about configuration.
    """
    with client(bootstrap) as admin:
        counts = _partitions(admin, bootstrap)
        present = [topic for topic in wanted(prefix) if topic.name in counts]
        missing = [f"{t.name}: missing" for t in wanted(prefix) if t.name not in counts]
        miscounted = [
            f"{t.name}: {counts[t.name]} partitions, the catalogue says {t.partitions}; "
            "the count of a topic never changes, use another topic prefix"
            for t in present
            if counts[t.name] != t.partitions
        ]
        return missing + miscounted + _config_problems(admin, bootstrap, present)


def _partitions(admin: AdminClient, bootstrap: str) -> dict[str, int]:
    try:
        topics = admin.list_topics(timeout=TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise BrokerError(f"no Kafka answers at {bootstrap}: start it, or set HPR_BROKER") from error
    return {name: len(topic.partitions) for name, topic in topics.items()}


def _config_problems(admin: AdminClient, bootstrap: str, topics: list[Wanted]) -> list[str]:
    if not topics:
        return []
    resources = {ConfigResource(ResourceType.TOPIC, topic.name): topic for topic in topics}
    problems = []
    asked = admin.describe_configs(list(resources), request_timeout=TIMEOUT_SECONDS)
    for resource, future in asked.items():
        try:
            found = future.result()
        except KafkaException as error:
            raise BrokerError(
                f"{bootstrap} does not say how its topics are configured (the embedded broker never does): "
                f"{error.args[0].str()}"
            ) from error
        for key, value in resources[resource].config.items():
            actual = found[key].value
            if actual != value:
                source = ConfigSource(found[key].source).name.lower().replace("_", " ")
                problems.append(f"{resource.name}: {key} is {actual} ({source}), the catalogue says {value}")
    return problems
