from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.plots import plot
from benchmarks.report import Report, row

REPORTS = [
    Report("score", {}, [row("block of 1", "shin", [200.0], [9.0], "us/race"),
                         row("block of 64", "shin", [0.4], [9.0], "us/race")]),
    Report("worker", {}, [row("1 partition", "raw loop", [6.0], [10.0], "events/s")]),
    Report("latency", {}, [row("p50 at 500/s", "relay", [2.0], [1.0], "ms")],
           {"HorseRacePro, at 500/s": [2.0, 4.0], "relay, at 500/s": [1.0, 2.0]}),
    Report("memory", {}, [row("most", "least", [2.0], [1.0], "MiB")], {"resident": [1.0, 2.0]}),
    Report("profile", {}, [row("alone: scoring", "all", [3.0], [4.0], "us/event"),
                           row("alone: the rest", "all", [1.0], [4.0], "us/event")]),
]  # fmt: skip


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_plot_is_a_small_svg_that_is_the_same_each_time(report: Report, tmp_path: Path) -> None:
    file = plot(report, tmp_path)
    assert file.name == f"bench-{report.name}.svg"
    first = file.read_bytes()
    assert len(first) < 100_000
    assert ElementTree.fromstring(first).tag.endswith("svg")
    assert plot(report, tmp_path).read_bytes() == first


def test_a_plot_says_what_was_measured(tmp_path: Path) -> None:
    text = plot(REPORTS[0], tmp_path).read_text(encoding="utf-8")
    assert "block of 1 | shin" in text
    assert "us/race" in text
