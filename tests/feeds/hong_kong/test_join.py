import json
from collections.abc import Callable
from typing import Any

import pytest

from feeds.hong_kong import details, meetings
from feeds.hong_kong.join import distance_of, joined
from feeds.hong_kong.names import Names
from feeds.hong_kong.race import Paid

Make = Callable[..., dict[str, Any]]


def test_the_details_add_who_did_not_finish_and_what_they_alone_know(
    meeting_race: Make, result_line: Make
) -> None:
    meeting = meetings.parse(json.dumps(meeting_race()).encode())
    other = details.race_of(result_line("1", "3", "甲 (V101)"))
    other.runners = [
        details.runner_of(result_line("2", "1", "乙 (V102)", lbw="頸位")),
        details.runner_of(result_line("PU", "4", "丙 (V104)")),
    ]
    other.dividends = [Paid("WIN", "3", 99.0), Paid("DOUBLE", "1/3", 80.0)]
    race = joined(meeting, other, Names())
    assert [(r.number, r.code) for r in race.runners] == [(1, None), (2, None), (3, None), (4, "PU")]
    assert race.runners[0].lengths == 0.3
    assert race.prize == 780_000
    assert [p for p in race.dividends if p.pool in ("WIN", "DOUBLE")] == [
        Paid("WIN", "3", 20.5),
        Paid("DOUBLE", "1/3", 80.0),
    ]
    assert race.runners[3].horse_id == "HK_V104"


@pytest.mark.parametrize(
    ("seconds", "distance"), [(57.0, 1000), (69.8, 1200), (101.0, 1650), (111.5, 1800), (85.0, None)]
)
def test_a_distance_not_told_follows_from_the_time(
    meeting_race: Make, finisher: Make, seconds: float, distance: int | None
) -> None:
    told = meeting_race(distance=None, runners=[finisher(1, 1, "V101", finishSeconds=seconds)])
    assert distance_of(meetings.parse(json.dumps(told).encode())) == distance
