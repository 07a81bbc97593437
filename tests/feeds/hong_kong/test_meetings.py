import json
from collections.abc import Callable
from typing import Any

import pytest

from feeds.hong_kong import meetings
from feeds.hong_kong.race import Paid

Make = Callable[..., dict[str, Any]]


def parsed(race: dict[str, Any]) -> Any:
    return meetings.parse(json.dumps(race).encode())


def test_a_race_is_read_with_its_dividends(meeting_race: Make) -> None:
    race = parsed(meeting_race())
    assert (race.key.track, race.distance, race.race_class, race.course) == ("HKHV", 1650, "Class 4", "C+3")
    assert next((r.number, r.name, r.placing) for r in race.runners) == (3, "HORSE V101", 1)
    assert race.dividends[-1] == Paid("TIERCE", "3-1-2", 250.0)


def test_a_neck_is_told_from_a_nose_by_the_time(meeting_race: Make, finisher: Make) -> None:
    runners = [
        finisher(1, 1, "V101", finishSeconds=99.60),
        finisher(2, 2, "V102", lbw=0.05, finishSeconds=99.61),
        finisher(3, 3, "V103", lbw=0.05, finishSeconds=99.65),
    ]
    assert [r.lengths for r in parsed(meeting_race(runners=runners)).runners] == [0.0, 0.05, 0.3]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"runners": []}, "a race without a result"),
        ({"racecourse": "SHA TIN"}, "neither ST nor HV"),
        ({"date": "yesterday"}, "Invalid RFC3339"),
    ],
)
def test_what_is_no_race_says_why(meeting_race: Make, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parsed(meeting_race() | changes)


def test_a_horse_id_is_prefix_year_and_brand(meeting_race: Make, finisher: Make) -> None:
    with pytest.raises(ValueError, match="is not HK_year_brand"):
        parsed(meeting_race(runners=[finisher(1, 1, "V101", horseId="V101")]))
