import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feeds.hong_kong import read
from schemas.errors import FeedError

Make = Callable[..., dict[str, Any]]
Write = Callable[..., Path]


def dead(events: Iterable[tuple[str, Any]]) -> list[Any]:
    return [event for name, event in events if name == "DeadLetter"]


def days(meeting_race: Make) -> dict[str, list[dict[str, Any]]]:
    return {
        day: [meeting_race(day, "HV", n) for n in (1, 2)]
        for day in ("2016-01-06", "2016-01-07", "2016-01-13")
    }


def test_events_come_in_the_order_in_which_they_were_known(meeting_race: Make, write: Write) -> None:
    events = list(read(write(days(meeting_race))))
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)
    assert Counter(name for name, _ in events)["Result"] == 6


def test_a_second_reading_gives_the_same_events_and_a_part_gives_the_same_ids(
    meeting_race: Make, write: Write
) -> None:
    folder = write(days(meeting_race))
    whole = list(read(folder))
    assert list(read(folder)) == whole
    part = list(read(folder, date(2016, 1, 7), date(2016, 1, 7)))
    assert {named[1]["race_id"] for named in part} == {"HKHV-20160107-01", "HKHV-20160107-02"}
    assert all(named in whole for named in part)


def test_profiles_of_earlier_horses_come_first(meeting_race: Make, write: Write, result_line: Make) -> None:
    profile = {"horse_no": "V101", "name": "甲 (V101)", "父系": "Sire"}
    lines = [result_line("1", "3", "甲 (V101)")]
    folder = write(days(meeting_race), results=lines, horse_profiles=[profile])
    (name, event), *_ = read(folder, date(2016, 1, 13))
    assert (name, event["recorded_time"]) == ("HorseProfile", 1_451_966_400_000_000)


def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on(
    meeting_race: Make, write: Write, result_line: Make
) -> None:
    races = {"2016-01-06": [meeting_race(), meeting_race(number=2, runners=[])]}
    lines = [result_line("1", "3", "甲 (V101)"), result_line("贏", "3", "乙 (V102)")]
    counts: Counter[str] = Counter()
    letters = dead(read(write(races, results=lines), counts=counts))
    assert sorted(letter["reason"].split(":")[0] for letter in letters) == [
        "not a line of results",
        "not a race of a meeting",
    ]
    assert counts["races"] == 1


def test_days_that_go_back_are_told(meeting_race: Make, write: Write) -> None:
    races = {"b": [meeting_race("2016-01-13")], "a": [meeting_race("2016-01-06")]}
    names = [name for name, _ in read(write(races))]
    assert names.count("Result") == names.count("DeadLetter") == 1


def test_a_cut_archive_gives_what_could_be_read(meeting_race: Make, write: Write) -> None:
    folder = write({f"{n:03}": [meeting_race(f"2016-01-{n % 28 + 1:02}")] for n in range(1)})
    archive = folder / "meetings.tar.xz"
    os.truncate(archive, archive.stat().st_size // 2)
    letters = dead(read(folder))
    assert "cut off or corrupt" in letters[0]["reason"]


def test_a_folder_without_meetings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no meetings there"):
        next(read(tmp_path))
    with pytest.raises(FeedError, match="no such folder"):
        next(read(tmp_path / "nowhere"))


@pytest.mark.data
def test_a_season_of_real_meetings_loads_whole(shared_data: Path) -> None:
    counts: Counter[str] = Counter()
    events = list(read(shared_data, date(2022, 9, 1), date(2023, 7, 31), counts))
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)
    assert len({event["event_id"] for _, event in events}) == len(events)
    assert (counts["RaceCard"], counts["Result"], counts["DeadLetter"]) == (835, 835, 0)
    assert json.dumps(events[-1][1])
