import re

import pytest

from schemas import history, sources
from topics import catalogue
from topics.catalogue import ALL, BY_NAME, EVENT_TOPIC, RACE_EVENTS, Topic

BY_RACE = [topic for topic in ALL if topic.key == "race_id"]
each_topic = pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)


def test_names_are_unique_and_as_kafka_allows() -> None:
    names = [topic.name for topic in ALL]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+\.[a-z-]+", name) for name in names)
    assert {topic.name: topic for topic in ALL} == BY_NAME


def test_every_topic_of_one_race_has_the_same_partition_count() -> None:
    assert {topic.partitions for topic in BY_RACE} == {catalogue.PARTITIONS}
    assert set(RACE_EVENTS) < set(BY_RACE)


def test_ranks_of_the_race_s_inputs_are_distinct_and_in_order() -> None:
    assert [topic.rank for topic in RACE_EVENTS] == list(range(len(RACE_EVENTS)))
    assert all(topic.rank == -1 for topic in ALL if topic not in RACE_EVENTS)


def test_a_card_comes_before_all_else_and_a_result_after() -> None:
    assert RACE_EVENTS[0].schema == "RaceCard"
    assert RACE_EVENTS[-1].schema == "Result"


@each_topic
def test_the_subject_holds_the_topic_s_schema_as_it_is(topic: Topic) -> None:
    committed = history.load()
    newest = committed.subjects[topic.subject][-1]
    assert committed.schemas[newest.id] == sources.raw(topic.schema)


def test_every_schema_has_one_topic_and_every_subject_is_one_of_theirs() -> None:
    assert set(EVENT_TOPIC) == set(sources.names())
    assert len(EVENT_TOPIC) == len(ALL)
    assert set(history.load().subjects) == {topic.subject for topic in ALL}


@each_topic
def test_the_key_is_a_field_of_the_schema(topic: Topic) -> None:
    assert topic.key in {field["name"] for field in sources.raw(topic.schema)["fields"]}


@each_topic
def test_what_is_kept_by_age_says_how_long_and_a_view_is_compacted(topic: Topic) -> None:
    if topic.name in ("racing.races", "racing.bars"):
        assert topic.config == {"cleanup.policy": "compact"}
    else:
        assert topic.config["cleanup.policy"] == "delete"
        assert int(topic.config["retention.ms"]) >= catalogue.DAY_MS


def test_facts_are_kept_over_a_year() -> None:
    for topic in (catalogue.CARDS, catalogue.SCRATCHES, catalogue.RESULTS, catalogue.DEAD_LETTERS):
        assert topic.retention_ms > 365 * catalogue.DAY_MS


@each_topic
def test_a_purpose_is_stated(topic: Topic) -> None:
    assert len(topic.purpose) > 15
