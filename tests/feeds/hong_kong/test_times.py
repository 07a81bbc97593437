from datetime import date

import pytest

from feeds.hong_kong.race import Race, RaceKey
from feeds.hong_kong.times import times_of, withdrawn_time
from schemas.identity import iso


@pytest.mark.parametrize(
    ("day", "track", "off"),
    [
        (date(2016, 1, 6), "HKHV", "2016-01-06T10:45:00"),  # a Wednesday night
        (date(2016, 1, 3), "HKST", "2016-01-03T05:00:00"),  # a Sunday
        (date(2016, 1, 1), "HKST", "2016-01-01T05:00:00"),  # a holiday on a Friday
        (date(2016, 1, 7), "HKHV", "2016-01-07T10:45:00"),
    ],
)
def test_first_offs_are_by_venue_and_weekday(day: date, track: str, off: str) -> None:
    assert iso(times_of(Race(RaceKey(day, track, 1))).off).startswith(off)


def test_what_is_known_comes_in_order() -> None:
    race = Race(RaceKey(date(2016, 1, 6), "HKHV", 3))
    times = times_of(race)
    assert iso(times.off).startswith("2016-01-06T11:45")
    assert times.card < withdrawn_time(race, late=False) < withdrawn_time(race, late=True) < times.off
    assert times.off < times.finish < times.official < times.told
    assert iso(times.card).startswith("2016-01-05T04:00")
