from collections.abc import Callable

import pytest

from feeds.us.chart_races import off_minutes, race_of
from schemas.identity import iso


def test_a_race_moved_off_the_turf(race: Callable[..., list[str]]) -> None:
    chart, minutes = race_of(race(f58="O", f13="G1"), 0)
    assert (chart.surface, chart.declared, chart.course) == ("DIRT", "TURF", "off the turf")
    assert (chart.furlongs, chart.seconds, chart.race_class) == (6.5, 74.76, "ALW66000-G1")
    assert (iso(chart.off), minutes) == ("2018-09-29T17:04:00.000000Z", 784)


def test_clocks_of_twelve_hours() -> None:
    assert off_minutes("01205", True, 23 * 60 + 40) == 24 * 60 + 5  # past midnight
    assert off_minutes("00930", False, 0) == 9 * 60 + 30
    assert off_minutes("00930", False, 20 * 60) == 21 * 60 + 30
    assert off_minutes("00700", True, 0) == 19 * 60
    assert off_minutes("00103", False, 13 * 60 + 5) == 13 * 60 + 3  # two minutes before the one before
    assert off_minutes("", False, 0) is None
    with pytest.raises(ValueError, match="no time of day"):
        off_minutes("01275", False, 0)


def test_without_a_time_races_are_half_an_hour_apart(race: Callable[..., list[str]]) -> None:
    chart, _ = race_of(race(f3="3", f50=""), 0)
    assert iso(chart.off) == "2018-09-29T18:00:00.000000Z"
    with pytest.raises(ValueError, match="no number"):
        race_of(race(f3="0"), 0)
