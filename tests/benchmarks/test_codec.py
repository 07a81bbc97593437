import gc
from uuid import UUID

import pytest

from benchmarks import codec
from benchmarks.codec import CONFLUENT, FASTAVRO, OURS, PLAIN, events, wires

EVENTS = events()


def test_the_race_has_twelve_runners_and_its_prices_moved() -> None:
    assert {name: len(record.get("runners", ())) for name, record in EVENTS.items()} == {
        "OddsUpdate": 12, "Prediction": 12, "RaceView": 12, "Scratch": 0,
    }  # fmt: skip
    assert EVENTS["Prediction"]["changed_from"]
    assert EVENTS["RaceView"]["prediction_id"] == EVENTS["Prediction"]["event_id"]


@pytest.mark.parametrize("name", EVENTS)
def test_all_avro_peers_write_the_same_bytes(name: str) -> None:
    ways, record = wires(name), EVENTS[name]
    ours = ways[OURS].encode(record)
    assert [ways[way].encode(record)[5:] for way in (CONFLUENT, PLAIN)] == [ours[5:]] * 2
    assert ways[FASTAVRO].encode(record) == ours[5:]


@pytest.mark.parametrize("name", EVENTS)
def test_every_way_reads_what_it_wrote(name: str) -> None:
    record = EVENTS[name]
    for way, wire in wires(name).items():
        found = wire.decode(wire.encode(record))
        if way == CONFLUENT:  # which makes objects of ids and times
            assert found.keys() == record.keys()
            assert found["event_id"] == UUID(record["event_id"])
        else:
            assert found == record


def test_every_way_is_measured_for_every_event_in_both_directions() -> None:
    gc.freeze()  # each measurement begins with a collection: without what the other tests have loaded
    try:
        report = codec.measure(runs=1, seconds=0.001)
    finally:
        gc.unfreeze()
    assert len(report.rows) == len(EVENTS) * 2 * 5
    assert {(row.unit, row.ratio > 0.0) for row in report.rows} == {("events/s", True)}
