from contextlib import nullcontext

import pytest

from benchmarks import worker
from benchmarks.worker import ENTRANTS, Demand, entrants, measure, rows
from deploy.kafka.node import SingleNode


def test_two_workers_take_part_only_with_the_most_partitions() -> None:
    assert list(entrants(4, 8)) == ["ours", "raw", "quix"]
    assert list(entrants(8, 8)) == ["ours", "raw", "quix", "two workers"]


def test_rows_compare_with_both_peers_at_each_number_of_partitions_and_two_workers_with_one() -> None:
    found = {
        ("ours", 1): [600.0, 500.0, 900.0],
        ("raw", 1): [1000.0],
        ("quix", 1): [200.0],
        ("ours", 4): [800.0],
        ("raw", 4): [1000.0],
        ("quix", 4): [100.0],
        ("two workers", 4): [1200.0],
    }
    assert [(r.what, r.peer, r.ours, r.theirs, r.ratio, r.unit) for r in rows(found, (1, 4))] == [
        ("1 partition", "raw loop", 600.0, 1000.0, 0.6, "events/s"),
        ("4 partitions", "raw loop", 800.0, 1000.0, 0.8, "events/s"),
        ("1 partition", "Quix Streams", 600.0, 200.0, 3.0, "events/s"),
        ("4 partitions", "Quix Streams", 800.0, 100.0, 8.0, "events/s"),
        ("two workers, 4 partitions", "one worker", 1200.0, 800.0, 1.5, "events/s"),
    ]


def test_a_peer_that_took_no_part_has_no_row() -> None:
    found = {("ours", 1): [600.0], ("raw", 1): [1000.0], ("two workers", 1): [900.0]}
    assert [r.peer for r in rows(found, (1,))] == ["raw loop", "one worker"]


@pytest.mark.kafka
def test_a_short_run_drains_with_everyone_but_the_peer_that_has_to_be_installed(
    monkeypatch: pytest.MonkeyPatch, kafka: SingleNode
) -> None:
    monkeypatch.delitem(ENTRANTS, "quix")
    monkeypatch.setattr(worker, "broker", lambda: nullcontext(kafka.bootstrap))
    report = measure(1, 1.0, Demand(events=1_000, races=4, partitions=(2,), warm=False))
    assert [(row.what, row.peer) for row in report.rows] == [
        ("2 partitions", "raw loop"),
        ("two workers, 2 partitions", "one worker"),
    ]
    assert all(row.ours > 0.0 and row.theirs > 0.0 for row in report.rows)
