from collections.abc import Mapping
from typing import Any, cast

import pytest

from benchmarks.load import Load, Moment, latencies, moment_of
from benchmarks.market import odds, race_ids
from schemas.codec import default_codec
from schemas.errors import BrokerError
from topics.producer import EventProducer


class Shelf:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Mapping[str, Any]]] = []

    def publish(self, topic: str, record: Mapping[str, Any]) -> None:
        self.records.append((topic, record))

    def flush(self) -> None:
        pass


def test_an_event_waits_for_the_first_arrival_of_its_race_at_its_time_or_later() -> None:
    sent = [Moment("A", 10, 1.000), Moment("B", 11, 1.001), Moment("A", 12, 1.002), Moment("A", 13, 1.003)]
    arrived = [Moment("A", 10, 1.004), Moment("B", 11, 1.005), Moment("A", 13, 1.010)]
    assert latencies(sent, arrived) == pytest.approx([4.0, 4.0, 8.0, 7.0])


def test_what_was_read_before_or_twice_does_not_count() -> None:
    arrived = [Moment("A", 9, 0.5), Moment("A", 10, 1.5), Moment("A", 10, 2.5)]
    assert latencies([Moment("A", 10, 1.0)], arrived) == pytest.approx([500.0])


@pytest.mark.parametrize("arrived", [[], [Moment("A", 9, 1.0)]])
def test_an_event_that_never_came_through_is_an_error(arrived: list[Moment]) -> None:
    with pytest.raises(BrokerError, match="an event of A did not come through"):
        latencies([Moment("A", 10, 1.0)], arrived)


def test_the_header_is_read_from_any_event_even_a_padded_one() -> None:
    value = default_codec().encode("OddsUpdate", odds("BEL-20000101-01", 3, 77))
    assert moment_of(value, 1.5) == Moment("BEL-20000101-01", 77, 1.5)
    assert moment_of(value.ljust(2_000, b"\0"), 1.5) == Moment("BEL-20000101-01", 77, 1.5)


def test_load_goes_round_the_races_with_event_times_that_always_grow() -> None:
    shelf = Shelf()
    first, second = race_ids(0, 2)
    load = Load(cast(EventProducer, shelf), [first, second])
    load.cards()
    sent = [*load.send(10_000.0, 0.0003), *load.send(10_000.0, 0.0001)]
    assert [topic for topic, _ in shelf.records] == ["racing.cards"] * 2 + ["racing.odds"] * 4
    assert [moment.race_id for moment in sent] == [first, second, first, second]
    assert [record["sequence"] for _, record in shelf.records[2:]] == [1, 1, 2, 2]
    times = [record["event_time"] for _, record in shelf.records]
    assert times == sorted(set(times))
    assert [moment.event_time for moment in sent] == times[2:]
