import csv
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feeds.anz_bsp import read
from feeds.anz_bsp.race import COLUMNS, day_of, race_of, runner_of
from schemas.codec import default_codec
from schemas.errors import FeedError


def line(selection: str = "11", **changes: str) -> dict[str, str]:
    told = {
        "LOCAL_MEETING_DATE": "2024-01-01", "SCHEDULED_RACE_TIME": "15:45:00", "ACTUAL_OFF_TIME": "15:46:03",
        "TRACK": "Ascot", "STATE_CODE": "WA", "RACE_NO": "1", "WIN_MARKET_ID": "223004260",
        "WIN_MARKET_NAME": "R1 1100m 2yo", "DISTANCE": "1100.0", "RACE_TYPE": "2yo",
        "SELECTION_ID": selection, "TAB_NUMBER": "1",
        "SELECTION_NAME": "Sinful Living", "WIN_RESULT": "LOSER",
        "WIN_BSP": "7.15", "PLACE_RESULT": "",
        "WIN_PREPLAY_LAST_PRICE_TAKEN": "7.8", "WIN_PREPLAY_VOLUME": "9129.92",
        "BEST_AVAIL_BACK_AT_SCHEDULED_OFF": "6.8", "BEST_AVAIL_LAY_AT_SCHEDULED_OFF": "7.2",
    }  # fmt: skip
    return told | changes


def write(folder: Path, lines: Iterable[dict[str, str]]) -> Path:
    with (folder / "ANZ_Thoroughbreds_2024_01.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sorted(COLUMNS))
        writer.writeheader()
        writer.writerows(lines)
    return folder


def test_prices_come_when_they_were_known_and_the_winner_after(tmp_path: Path) -> None:
    won = line("12", WIN_RESULT="WINNER", PLACE_RESULT="WINNER", TAB_NUMBER="2.0")
    events: list[tuple[str, Any]] = list(read(write(tmp_path, [line(), won])))
    codec = default_codec()
    for name, event in events:
        assert codec.decode(codec.encode(name, event)) == (name, event)
    names = [name for name, _ in events]
    assert names == ["RaceCard", "OddsUpdate", "OddsUpdate", "RaceStatus", "OddsUpdate", "Result"]
    card, quoted, traded, off, started, result = (event for _, event in events)
    assert card["scheduled_off"] == quoted["recorded_time"] < traded["recorded_time"] < off["recorded_time"]
    assert (quoted["runners"][0]["last"], quoted["runners"][0]["back"]) == (None, 6.8)
    assert (traded["runners"][0]["last"], traded["in_play"]) == (7.8, False)
    assert (started["runners"][0]["starting_price"], started["in_play"]) == (7.15, True)
    assert [f["finish_position"] for f in result["finishers"]] == [None, 1]
    assert [f["placed"] for f in result["finishers"]] == [None, True]
    assert [e["program_number"] for e in card["entries"]] == ["1", "2"]


def test_a_place_market_tells_its_starting_prices(tmp_path: Path) -> None:
    place = {"PLACE_MARKET_ID": "223004261.0", "PLACE_BSP": "2.25"}
    with (tmp_path / "ANZ_Thoroughbreds_2024_01.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sorted({*COLUMNS, *place}))
        writer.writeheader()
        writer.writerow(line(**place))
    events: list[tuple[str, Any]] = list(read(tmp_path))
    (told,) = (e for name, e in events if name == "OddsUpdate" and e["market_type"] == "PLACE")
    assert (told["market_id"], told["in_play"], told["image"]) == ("1.223004261", True, False)
    assert [price["starting_price"] for price in told["runners"]] == [2.25]
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)


def test_times_are_melbournes_and_days_the_meetings() -> None:
    race = race_of(line())
    assert race.scheduled.isoformat() == "2024-01-01T04:45:00+00:00"  # 12:45 in Perth
    late = race_of(line(SCHEDULED_RACE_TIME="12:10:00 AM", ACTUAL_OFF_TIME="12:12:00 AM"))
    assert late.scheduled.isoformat() == "2024-01-01T13:10:00+00:00"
    assert race_of(line(ACTUAL_OFF_TIME="15:44:00")).off == race.scheduled


def test_one_month_writes_the_day_first() -> None:
    assert day_of("1/04/2025") == date(2025, 4, 1)
    assert day_of("2025-04-01") == date(2025, 4, 1)


@pytest.mark.parametrize("wrong", [{"SELECTION_ID": ""}, {"WIN_RESULT": "MAYBE"}, {"WIN_BSP": "x"}])
def test_lines_that_cannot_be_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is no number|neither WINNER nor LOSER|could not convert"):
        runner_of(line(**wrong))


def test_rejects_are_dead_letters_and_repeats_count_once(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    lines = [line(), line(), line("13", WIN_RESULT="?"), line("14", LOCAL_MEETING_DATE="x")]
    events = list(read(write(tmp_path, lines), counts=counts))
    assert (counts["DeadLetter"], counts["repeated runners"], counts["Result"]) == (2, 1, 1)
    assert list(read(tmp_path)) == events
    assert {name for name, _ in read(tmp_path, date(2024, 1, 2))} == {"DeadLetter"}


def test_a_folder_without_prices_and_another_table_say_so(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no starting prices there"):
        next(read(tmp_path))
    (tmp_path / "ANZ_x.csv").write_text("a,b\n1,2\n")
    ((_, dead),) = read(tmp_path)
    assert "its header lacks" in str(dict(dead)["reason"])


@pytest.mark.data
def test_real_months_load_whole(shared_data: Path, tmp_path: Path) -> None:
    for month in ("2024_01", "2025_04"):
        name = f"ANZ_Thoroughbreds_{month}.csv.xz"
        (tmp_path / name).symlink_to(shared_data / "betfair_anz_bsp" / name)
    counts: Counter[str] = Counter()
    events = list(read(tmp_path, None, date(2024, 1, 7), counts)) + list(read(tmp_path, date(2025, 4, 24)))
    assert len({event["event_id"] for _, event in events}) == len(events)
    assert (counts["DeadLetter"], counts["RaceCard"]) == (0, counts["Result"])
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)
