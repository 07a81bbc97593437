from collections.abc import Callable

import pytest

from feeds.tables import Row
from feeds.us.chart import Chart
from feeds.us.chart_rows import charts, track_of_file
from schemas.errors import FeedError

Made = Callable[..., dict[str, str]]


def _charts(*lines: dict[str, str]) -> list[Chart]:
    found, rejected, _ = charts(
        track_of_file("aqueduct_rows.csv"), [Row(f"rows:{n}", c) for n, c in enumerate(lines)]
    )
    assert rejected == []
    return found


def test_a_race_of_rows(row: Made) -> None:
    (chart,) = _charts(row("Best", "1A", "1"), row("Next", "1", "2", **{"Dist_Ahead": "Last"}))
    assert (chart.surface, chart.course, chart.furlongs, chart.going) == ("DIRT", "inner", 6.0, "FAST")
    best, after = chart.starters
    assert (best.jockey, best.equipment, best.medications, best.odds) == ("ORTIZ IRAD JR", "bf", "L", 15.2)
    assert (best.comment, best.interest, after.interest) == ("greenly 4w, up late", "1", "1")
    assert (best.lengths, after.lengths) == (0.0, 0.25)


def test_of_what_the_inner_course_is_follows_from_the_month(row: Made) -> None:
    good = {"Condition": "Good"}
    dirt, turf, unknown = (
        _charts(
            row("A", "1", "1", **good), row("B", "1", "1", **{"Race_Num": "2", "Condition": other})
        )[0].surface
        for other in ("Muddy", "Firm", "Good")
    )  # fmt: skip
    assert (dirt, turf, unknown) == ("DIRT", "TURF", "UNKNOWN")


def test_after_a_disqualification_placings_that_are_not_told_are_none(row: Made) -> None:
    (chart,) = _charts(row("A", "1", "1"), row("DQ-B", "2", "2"), row("C", "3", "3"), row("D", "4", "4"))
    assert [(s.name, s.position, s.disqualified) for s in chart.starters] == [
        ("A", 1, False), ("B", None, True), ("C", 2, False), ("D", None, False),
    ]  # fmt: skip


def test_dead_heats_and_those_that_did_not_finish(row: Made) -> None:
    (chart,) = _charts(
        row("A", "1", "1", **{"Dist_Ahead": "2.5"}), row("B", "2", "1", **{"Dist_Ahead": "2.5"}),
        row("C", "3", "3"), row("D", "4", "-1", **{"Dist_Ahead": "DNF"}),
    )  # fmt: skip
    assert [(s.position, s.lengths) for s in chart.starters] == [(1, 0.0), (1, 0.0), (3, 2.5), (None, None)]
    assert chart.starters[3].outcome == "did not finish"


def test_rows_told_again_and_rows_that_cannot_be(row: Made) -> None:
    lines = [row("A", "1", "1"), row("A", "1", "1"), row("B", "2", "2", Date="2017-02-01"), row("", "3", "3")]
    found, rejected, repeated = charts(
        track_of_file("AQU_2017.csv"), [Row(f"rows:{n}", cells) for n, cells in enumerate(lines)]
    )
    assert (len(found), repeated, [line.origin for line, _ in rejected]) == (1, 1, ["rows:2", "rows:3"])


def test_the_track_is_the_file_s_name() -> None:
    assert track_of_file("saratoga_2019.csv.xz").code == "SAR"
    with pytest.raises(FeedError, match="name the file after it"):
        track_of_file("charts_2019.csv")
