"""Runs of a worker: decoded, merged, with the offsets they cover; poison is reported and passed over."""

from typing import NamedTuple

from schemas.codec import default_codec
from schemas.records import Event
from streams.runs import FULL, RUN_RECORDS, Poison, Runs
from tests.streams.events import card, entry, odds, price


class Record(NamedTuple):
    offset: int
    value: bytes | None


def encoded(name: str, event: Event, offset: int) -> Record:
    return Record(offset, default_codec().encode(name, event))


def made() -> tuple[Runs, list[Poison]]:
    poison: list[Poison] = []
    return Runs(default_codec(), "", poison.append), poison


def at_end(_topic: str, _partition: int, _since: float) -> bool:
    return True


def test_a_run_covers_what_it_holds() -> None:
    runs, poison = made()
    runs.add("racing.odds", 3, [encoded("OddsUpdate", odds([price("1", 2.0)], t), 10 + t) for t in (1, 2)])
    runs.add("racing.cards", 3, [encoded("RaceCard", card([entry("1")]), 4)])
    run = runs.take(at_end)
    assert run is not None
    assert [(r.topic, r.offset) for r in run.records] == [
        ("racing.cards", 4),
        ("racing.odds", 11),
        ("racing.odds", 12),
    ]
    assert run.covers == {("racing.cards", 3): 5, ("racing.odds", 3): 13}
    assert poison == []


def test_a_run_goes_over_all_partitions_and_none_starves() -> None:
    runs, _ = made()
    for partition in (0, 1):
        records = [encoded("OddsUpdate", odds([price("1", 2.0)], t), t) for t in range(200)]
        runs.add("racing.odds", partition, records)
    taken = [run for _ in range(3) if (run := runs.take(at_end))]
    assert [len(run.records) for run in taken] == [RUN_RECORDS, 400 - RUN_RECORDS]
    assert {record.partition for record in taken[0].records} == {0, 1}
    assert taken[1].covers.keys() <= {("racing.odds", 0), ("racing.odds", 1)}
    assert runs.outstanding == 2


def test_poison_is_named_and_the_rest_goes_on() -> None:
    runs, poison = made()
    alien = encoded("RaceCard", card([entry("1")]), 1)
    runs.add(
        "racing.odds", 0,
        [
            Record(0, b"\x00\x00\x00\xff\xff rubbish"), alien, Record(2, None),
            encoded("OddsUpdate", odds([], 5), 3), Record(4, b"\x00"),
        ],
    )  # fmt: skip
    run = runs.take(at_end)
    assert run is not None
    assert [p.offset for p in poison] == [0, 1, 2, 4]
    assert poison[0].reason == "schema id 65535 is not in the schema history"
    assert poison[1].reason == "a RaceCard does not belong on racing.odds"
    assert run.covers == {("racing.odds", 0): 5}


def test_an_event_without_race_is_poison() -> None:
    runs, poison = made()
    runs.add("racing.odds", 0, [encoded("OddsUpdate", odds([], 5, race_id=""), 3)])
    assert [p.reason for p in poison] == ["an event without race_id"]


def test_a_topic_far_ahead_is_fetched_no_further() -> None:
    runs, _ = made()
    record = encoded("OddsUpdate", odds([], 5), 3)
    runs.add("racing.odds", 0, [record] * FULL)
    assert runs.full("racing.odds", 0)
    assert not runs.full("racing.cards", 0)
