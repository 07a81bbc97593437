from datetime import datetime

import pytest

from feeds.uk_ire.times import off_time, track_of


@pytest.mark.parametrize(
    ("course", "told", "off"),
    [
        ("Warwick", "2021-11-05T15:05", "2021-11-05T15:05"),
        ("Ascot", "2024-07-26T15:00", "2024-07-26T14:00"),  # summer
        ("Happy Valley (HK)", "2022-01-05T22:40", "2022-01-05T10:40"),
        ("Happy Valley (HK)", "2022-01-05T12:10", "2022-01-05T12:10"),
        ("Sha Tin (HK)", "2022-01-09T17:00", "2022-01-09T05:00"),
        ("Chantilly (FR)", "2022-01-11T22:30", "2022-01-11T10:30"),
        ("Chantilly (FR)", "2022-07-11T19:00", "2022-07-11T18:00"),
    ],
)
def test_an_off_is_in_the_half_of_the_day_in_which_the_track_races(course: str, told: str, off: str) -> None:
    found = off_time(datetime.fromisoformat(told), track_of(course))
    assert found.isoformat().startswith(off)


def test_a_course_without_a_country_is_british() -> None:
    assert track_of("Ascot").country == track_of("Newcastle (AW)").country == "GB"
    assert track_of("Newcastle (AW)") == track_of("Newcastle")
