import time
from collections.abc import Callable

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from deploy.kafka.node import SingleNode, free_port
from schemas.errors import BrokerError
from topics import admin, catalogue
from topics.embedded import EmbeddedBroker

Maker = Callable[..., None]


def test_the_worker_s_changelog_is_wanted_too() -> None:
    names = [topic.name for topic in admin.wanted("x.")]
    assert names == [*(f"x.{topic.name}" for topic in catalogue.ALL), f"x.{catalogue.RACES_CHANGELOG}"]


def test_all_is_created_once_and_then_as_the_catalogue_says(kafka: SingleNode, prefix: str) -> None:
    assert len(admin.check(kafka.bootstrap, prefix)) == len(catalogue.ALL) + 1
    created = admin.create(kafka.bootstrap, prefix)
    assert sorted(created) == sorted(topic.name for topic in admin.wanted(prefix))
    assert admin.check(kafka.bootstrap, prefix) == []
    assert admin.create(kafka.bootstrap, prefix) == []


def test_only_what_is_missing_is_created(kafka: SingleNode, prefix: str, make_topic: Maker) -> None:
    make_topic(kafka.bootstrap, f"{prefix}racing.odds", 3)
    assert f"{prefix}racing.odds" not in admin.create(kafka.bootstrap, prefix)
    problems = admin.check(kafka.bootstrap, prefix)
    assert any("racing.odds: 3 partitions, the catalogue says 8" in problem for problem in problems)


def test_a_missing_topic_is_named(kafka: SingleNode, prefix: str) -> None:
    assert f"{prefix}racing.cards: missing" in admin.check(kafka.bootstrap, prefix)


def test_partitions_added_later_are_seen_and_another_prefix_advised(kafka: SingleNode, prefix: str) -> None:
    admin.create(kafka.bootstrap, prefix)
    grown = NewPartitions(f"{prefix}racing.cards", 9)
    client = AdminClient({"bootstrap.servers": kafka.bootstrap})
    client.create_partitions([grown])[grown.topic].result(10)
    while len(client.list_topics(grown.topic, timeout=10).topics[grown.topic].partitions) < 9:
        time.sleep(0.02)
    (problem,) = admin.check(kafka.bootstrap, prefix)
    assert problem.startswith(f"{prefix}racing.cards: 9 partitions, the catalogue says 8")
    assert "another topic prefix" in problem


def test_another_cleanup_policy_is_named_with_where_it_was_set(
    kafka: SingleNode, prefix: str, make_topic: Maker
) -> None:
    make_topic(kafka.bootstrap, f"{prefix}racing.races", 8, **{"cleanup.policy": "delete"})
    admin.create(kafka.bootstrap, prefix)
    (problem,) = admin.check(kafka.bootstrap, prefix)
    assert problem == (
        f"{prefix}racing.races: cleanup.policy is delete (dynamic topic config), the catalogue says compact"
    )


def test_another_retention_is_named(kafka: SingleNode, prefix: str, make_topic: Maker) -> None:
    make_topic(kafka.bootstrap, f"{prefix}racing.odds", 8, **{"retention.ms": "1000"})
    admin.create(kafka.bootstrap, prefix)
    assert admin.check(kafka.bootstrap, prefix) == [
        f"{prefix}racing.odds: retention.ms is 1000 (dynamic topic config), the catalogue says 604800000"
    ]


def test_more_replicas_than_brokers_are_refused_in_one_line(kafka: SingleNode, prefix: str) -> None:
    with pytest.raises(BrokerError, match=r"cannot create topic .*replication") as refused:
        admin.create(kafka.bootstrap, prefix, replication=3)
    assert "\n" not in str(refused.value)


def test_a_cluster_that_answers_and_one_that_does_not() -> None:
    with EmbeddedBroker() as broker:
        assert admin.answers(broker.bootstrap)
    assert not admin.answers(f"127.0.0.1:{free_port()}", seconds=0.3)


def test_a_broker_that_does_not_tell_its_configuration_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedBroker() as broker:
        broker.touch([catalogue.ALL[0].name])
        monkeypatch.setattr(admin, "TIMEOUT_SECONDS", 0.5)
        with pytest.raises(BrokerError, match="does not say how its topics are configured") as failed:
            admin.check(broker.bootstrap)
        with pytest.raises(BrokerError, match="cannot create topic"):
            admin.create(broker.bootstrap)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("work", [admin.check, admin.create], ids=["check", "create"])
def test_no_broker_is_one_line_that_says_what_to_do(
    work: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "TIMEOUT_SECONDS", 0.3)
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerError) as failed:
        work(nowhere)
    assert str(failed.value) == f"no Kafka answers at {nowhere}: start it, or set HPR_BROKER"
