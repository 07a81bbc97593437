from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import default_codec
from streams.archive.container import Record
from streams.engine import Located
from streams.replay import replay_located
from streams.runs import Runs
from streams.sources.merged import ALWAYS, Span, Understanding, race_events
from tests.streams.events import card, entry, odds, price, scratch, status
from topics.catalogue import BY_NAME, CARDS, ODDS, RACE_EVENTS, SCRATCHES, STATUS

CODEC = default_codec()
FIELD = [entry("1"), entry("2"), entry("3")]
MAKERS: dict[str, Any] = {
    ODDS.name: lambda at, n: odds([price("1", 2.0 + n / 50), price("2", 4.0), price("3", 5.0)], at),
    STATUS.name: lambda at, n: status("SUSPENDED" if n % 2 else "SCHEDULED", at),
    SCRATCHES.name: lambda at, n: scratch("3", at, "SCRATCHED" if n % 2 else "REINSTATED"),
}


class Topics:
    """Topics in memory, as a keeper of records."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, int], list[Record]] = {}

    def add(self, topic: str, event: Any, partition: int = 0) -> None:
        self.add_value(topic, CODEC.encode(BY_NAME[topic].schema, event), partition)

    def add_value(self, topic: str, value: bytes | None, partition: int = 0) -> None:
        records = self.held.setdefault((topic, partition), [])
        records.append(Record(topic, partition, len(records), 0, b"race", value))

    def records(self, topic: str, partition: int) -> Iterable[Record]:
        return self.held.get((topic, partition), [])

    def events(self, *partitions: int, span: Span = ALWAYS) -> Iterator[Located]:
        return race_events(self.records, "", partitions, Understanding(CODEC), span)


def taken_by_a_worker(topics: Topics, partition: int) -> list[Located]:
    runs = Runs(CODEC, "", lambda poison: None)
    for topic in RACE_EVENTS:
        runs.add(topic.name, partition, topics.held.get((topic.name, partition), []))
    taken: list[Located] = []
    while run := runs.take(lambda topic, partition, since: True):
        taken += run.records
    return taken


@st.composite
def some_topics(draw: st.DrawFn) -> Topics:
    topics = Topics()
    for partition in (0, 1):
        races = {"race_id": f"BEL-20230715-0{partition + 1}"}
        topics.add(CARDS.name, {**card(FIELD, 0), **races}, partition)
        for n, (topic, at) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(sorted(MAKERS)), st.integers(0, 9)), max_size=20))
        ):
            topics.add(topic, {**MAKERS[topic](at + n / 1000, n), **races}, partition)
    return topics


@settings(deadline=None)
@given(some_topics())
def test_events_come_in_the_order_in_which_a_worker_takes_them(topics: Topics) -> None:
    for partition in (0, 1):
        assert list(topics.events(partition)) == taken_by_a_worker(topics, partition)


@settings(deadline=None)
@given(some_topics())
def test_lines_are_the_same_for_partitions_together_and_apart_also_where_time_goes_back(
    topics: Topics,
) -> None:
    together = list(replay_located(topics.events(0, 1)))
    assert list(replay_located(topics.events(0, 1), run_records=3)) == together
    apart = [line for partition in (0, 1) for line in replay_located(topics.events(partition))]
    assert sorted(apart) == together


def test_what_cannot_be_understood_is_counted_and_the_rest_goes_on() -> None:
    topics = Topics()
    topics.add_value(CARDS.name, b"rubbish")
    topics.add_value(CARDS.name, CODEC.encode("RaceStatus", status("OFF", 0)))
    topics.add_value(CARDS.name, b"\x00\x00\x0f\xff\xff")
    topics.add(CARDS.name, card(FIELD, 0))
    understanding = Understanding(CODEC)
    assert [e.offset for e in race_events(topics.records, "", [0], understanding)] == [3]
    count, reason = understanding.unread[CARDS.name]
    assert count == 3
    assert reason.startswith("offset 0: not in Confluent wire format")


def test_only_what_was_recorded_within_a_span_is_given() -> None:
    topics = Topics()
    for at in range(5):
        topics.add(ODDS.name, MAKERS[ODDS.name](at, at))
    times = [event.event["recorded_time"] for event in topics.events(0)]
    span = Span(times[1], times[3])
    assert [event.event["recorded_time"] for event in topics.events(0, span=span)] == times[1:3]
