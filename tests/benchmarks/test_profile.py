import pytest

from benchmarks.backlog import encoded
from benchmarks.market import race_ids
from benchmarks.profile import NOW, PARTS, REST, Way, measure, parts_of, rows_of


def test_every_part_is_found_in_the_work() -> None:
    backlog = encoded(race_ids(0, 2), 50, NOW, 60_000_000)
    parts = parts_of(backlog, Way("in runs of 10", 10, 20, 1.0))
    assert [part for part, time in parts.items() if time == 0.0] == []
    assert set(parts) == {*PARTS, REST}


def test_shares_come_to_one_and_the_dearest_part_is_first() -> None:
    found = rows_of("alone", [{"decoding": 1.0, "scoring": 3.0, "building bars": 0.0}])
    assert [(r.what, r.peer, r.ours, r.theirs, r.ratio) for r in found] == [
        ("alone: scoring", "all", 3.0, 4.0, 0.75),
        ("alone: decoding", "all", 1.0, 4.0, 0.25),
    ]


def test_a_short_run_profiles_events_alone_and_in_runs() -> None:
    report = measure(1, 0.01)
    for way in ("alone", "in runs of 256"):
        shares = [row.ratio for row in report.rows if row.what.startswith(f"{way}: ")]
        assert sum(shares) == pytest.approx(1.0, abs=0.001)
