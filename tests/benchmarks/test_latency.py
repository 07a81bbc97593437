from contextlib import nullcontext

import pytest

from benchmarks import latency
from benchmarks.latency import Demand, Measured, contests, measure, rows_of
from deploy.kafka.node import SingleNode


def run(p50: float, p99: float) -> Measured:
    return Measured([p50] * 98 + [p99], 900)


def test_rows_are_the_medians_of_the_runs() -> None:
    contest = contests(Demand(rate=500.0))[0]
    found = rows_of(contest, [run(6.0, 20.0), run(4.0, 16.0), run(5.0, 90.0)], [run(2.0, 5.0)] * 3)
    assert [(r.what, r.peer, r.ours, r.theirs, r.ratio, r.unit) for r in found] == [
        ("p50 at 500/s", "relay", 5.0, 2.0, 2.5, "ms"),
        ("p99 at 500/s", "relay", 20.0, 5.0, 4.0, "ms"),
    ]


def test_the_frame_is_measured_at_the_usual_rate_and_at_four_times_that() -> None:
    assert [(contest.at, contest.peer) for contest in contests(Demand())] == [
        ("at 500/s", "relay"),
        ("to frame at 500/s", "relay to websocket"),
        ("to frame at 2000/s", "relay to websocket"),
    ]


def test_a_scale_shortens_the_time_and_not_the_rate() -> None:
    assert Demand(500.0, 20.0, 5.0, 24).scaled(0.5) == Demand(500.0, 10.0, 2.5, 24)
    assert Demand().scaled(0.001).seconds == 1.0


@pytest.mark.kafka
def test_a_short_run_to_the_frame_has_every_figure(
    monkeypatch: pytest.MonkeyPatch, kafka: SingleNode
) -> None:
    monkeypatch.setattr(latency, "broker", lambda: nullcontext(kafka.bootstrap))
    monkeypatch.setattr(latency, "contests", lambda demand: contests(demand)[1:2])
    report = measure(1, 1.0, Demand(rate=40.0, seconds=1.0, warm_seconds=0.5, races=3))
    assert [row.what for row in report.rows] == ["p50 to frame at 40/s", "p99 to frame at 40/s"]
    assert all(row.ours > 0.0 and row.theirs > 0.0 for row in report.rows)
    assert list(report.series) == ["HorseRacePro, to frame at 40/s", "relay to websocket, to frame at 40/s"]
    assert all(line == sorted(line) and len(line) == 99 for line in report.series.values())
