from benchmarks.latency import Demand, Measured, rows


def test_rows_are_the_medians_of_the_runs() -> None:
    ours = [Measured(6.0, 20.0, 900), Measured(4.0, 16.0, 900), Measured(5.0, 90.0, 900)]
    theirs = [Measured(2.0, 5.0, 900)] * 3
    found = rows(Demand(rate=500.0), ours, theirs)
    assert [(r.what, r.peer, r.ours, r.theirs, r.ratio, r.unit) for r in found] == [
        ("p50 at 500/s", "relay", 5.0, 2.0, 2.5, "ms"),
        ("p99 at 500/s", "relay", 20.0, 5.0, 4.0, "ms"),
    ]
