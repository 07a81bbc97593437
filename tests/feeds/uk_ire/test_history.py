from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feeds.uk_ire import read
from schemas.errors import FeedError

Line = Callable[..., dict[str, str]]
Write = Callable[..., Path]


def test_a_race_is_a_course_and_an_off_and_repeats_count_once(line: Line, write: Write) -> None:
    later = {"Off": "11/05/2021 15:40:00"}
    counts: Counter[str] = Counter()
    events = list(read(write([line("3", **later), line("1"), line("2", "2"), line("1")]), counts=counts))
    assert counts["races"] == counts["Result"] == 2
    assert counts["repeated lines"] == 1
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)
    assert list(read(write([line("3", **later), line("1"), line("2", "2"), line("1")]))) == events


def test_lines_that_cannot_be_are_dead_letters_and_the_rest_goes_on(line: Line, write: Write) -> None:
    named: list[tuple[str, Any]] = list(
        read(write([line(DecimalOdds="1"), line("2"), line("3", Off="noon")]))
    )
    letters = [event["reason"] for name, event in named if name == "DeadLetter"]
    assert len(letters) == 2
    assert "are not over 1" in letters[0]
    assert [name for name, _ in named].count("Result") == 1


def test_days_bound_what_is_read(line: Line, write: Write) -> None:
    assert list(read(write([line()]), date(2021, 11, 6))) == []


def test_another_table_is_told_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "results_2021.csv").write_text("date,venue\n2016-01-01,a\n2016-01-01,b\n")
    ((_, dead),) = list(read(tmp_path))
    assert "its header lacks" in dead["reason"]  # type: ignore[typeddict-item, operator]


def test_a_folder_without_results_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no results there"):
        next(read(tmp_path))


@pytest.mark.data
def test_a_month_of_real_results_loads_whole(shared_data: Path, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    (tmp_path / "results_2021.csv.xz").symlink_to(shared_data / "uk_ire_results/results_2021.csv.xz")
    events = list(read(tmp_path, date(2021, 7, 1), date(2021, 7, 31), counts))
    assert len({event["event_id"] for _, event in events}) == len(events)
    assert (counts["RaceCard"], counts["DeadLetter"]) == (counts["Result"], 0)
    assert counts["RaceCard"] > 400
