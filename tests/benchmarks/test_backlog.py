import pytest
from confluent_kafka.admin import AdminClient

from benchmarks.backlog import STEP_MICROS, Group, encoded, seconds_to_drain, topics_with
from benchmarks.market import race_ids
from benchmarks.services import worker
from deploy.kafka.node import SingleNode
from schemas.codec import default_codec
from schemas.errors import BrokerError
from schemas.identity import MICROS

NOW = 1_700_000_000 * MICROS
RACES = race_ids(0, 3)


def test_a_backlog_has_a_card_for_each_race_and_odds_in_turns_keyed_by_race() -> None:
    codec = default_codec()
    backlog = encoded(RACES, 7, NOW)
    assert len(backlog) == 3 + 7
    assert [key.decode() for key, _ in backlog.cards] == RACES
    decoded = [(key, *codec.decode(value)) for key, value in backlog.odds]
    assert [key.decode() for key, _, _ in decoded] == [*RACES, *RACES, RACES[0]]
    assert all(key.decode() == event["race_id"] for key, _, event in decoded)
    times = [event["event_time"] for _, _, event in decoded]
    assert times == [NOW + STEP_MICROS * number for number in range(1, 8)]


def test_prices_may_be_further_apart() -> None:
    backlog = encoded(RACES, 2, NOW, MICROS)
    times = [default_codec().decode(value)[1]["event_time"] for _, value in backlog.odds]
    assert times == [NOW + MICROS, NOW + 2 * MICROS]


@pytest.mark.kafka
def test_topics_have_the_partitions_asked_for_and_are_gone_afterwards(kafka: SingleNode) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    with topics_with(kafka.bootstrap, "backlog.", 3):
        found = admin.list_topics(timeout=10).topics
        assert len(found["backlog.racing.odds"].partitions) == 3
        assert len(found["backlog.racing.dead-letters"].partitions) == 1


@pytest.mark.kafka
def test_a_worker_drains_a_backlog(kafka: SingleNode) -> None:
    with topics_with(kafka.bootstrap, "drain.", 2), worker(kafka.bootstrap, "drain."):
        backlog = encoded(RACES, 300, NOW)
        assert seconds_to_drain(kafka.bootstrap, "drain.", "drain.hpr-worker", 1, backlog) > 0.0
        group = Group(kafka.bootstrap, "drain.", "drain.hpr-worker")
        assert group.committed() == len(backlog)
        group.close()


@pytest.mark.kafka
def test_a_group_that_never_comes_is_an_error(kafka: SingleNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.backlog.PATIENCE_SECONDS", 0.1)
    nothing = encoded(RACES, 0, NOW)
    with (
        topics_with(kafka.bootstrap, "never.", 1),
        pytest.raises(BrokerError, match="1 members of nobody"),
    ):
        seconds_to_drain(kafka.bootstrap, "never.", "nobody", 1, nothing)
