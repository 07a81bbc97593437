import csv
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.us import read
from feeds.us.files import FIELDS
from schemas.codec import default_codec
from schemas.errors import FeedError

Line = Callable[..., list[str]]
Write = Callable[..., Path]
Named = list[tuple[str, Any]]


def test_a_card_s_runs_come_before_it_and_all_by_time(line: Line, write: Write) -> None:
    folder = write("SAR0607.DRF", [line(), line("Second"), line("Third", f3="2")])
    counts: Counter[str] = Counter()
    events: Named = list(read(folder, counts=counts))
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)
    assert [name for name, _ in events][:3] == ["PastPerformance"] * 3
    assert (counts["races"], counts["RaceCard"], counts["Workout"], counts["HorseProfile"]) == (2, 2, 3, 3)
    assert list(read(folder)) == events


def test_what_several_files_tell_counts_once(line: Line, write: Write) -> None:
    write("A.DRF", [line(), line()])
    folder = write("B.csv", [line(), line(f2="20250705")])
    counts: Counter[str] = Counter()
    events: Named = list(read(folder, counts=counts))
    assert len({event["event_id"] for _, event in events}) == len(events)
    assert (counts["RaceCard"], counts["PastPerformance"], counts["repeated runners"]) == (2, 1, 2)
    assert counts["PastPerformance told again"] == counts["Workout told again"] == 1


def test_lines_and_runs_that_cannot_be_are_dead_letters_and_the_rest_goes_on(
    line: Line, write: Write
) -> None:
    folder = write("A.DRF", [line(), line("B")[:-1], line("C", f2="soon"), line("D", f256="soon"), line("")])
    events: Named = list(read(folder))
    letters = {event["origin"]: event["reason"] for name, event in events if name == "DeadLetter"}
    assert "1434 cells" in letters["A.DRF:2"]
    assert "is no day" in letters["A.DRF:3"]
    assert "past race (the 1. of the line)" in letters["A.DRF:4:past race 1"]
    assert "without a name" in letters["A.DRF:5"]
    (card,) = (event for name, event in events if name == "RaceCard")
    assert [entry["horse_name"] for entry in card["entries"]] == ["Fleet Example", "D"]


def test_days_bound_the_races_and_not_what_is_told_of_their_horses(line: Line, write: Write) -> None:
    folder = write("A.DRF", [line(), line("B", f2="20250705")])
    events: Named = list(read(folder, date(2025, 6, 7), date(2025, 6, 7)))
    assert [e["race_id"] for n, e in events if n == "RaceCard"] == ["SAR-20250607-01"]
    assert [e["horse_id"] for n, e in events if n == "PastPerformance"] == ["FLEET EXAMPLE"]


def test_chart_files_and_rows(
    race: Line, starter: Line, row: Callable[..., dict[str, str]], write: Write
) -> None:
    write("BEL.1", [race()])
    write("BEL.2", [starter("Best", "1", "1"), starter("Next", "2", "2")])
    write("LONE.2", [starter("Best", "1", "1")])
    table = [row("A", "1", "1"), row("B", "2", "2")]
    folder = write("aqueduct_2017.csv", [list(table[0]), *(list(each.values()) for each in table)])
    write("charts_2017.csv", [list(table[0]), *(list(each.values()) for each in table)])
    events: Named = list(read(folder))
    assert [e["race_id"] for n, e in events if n == "Result"] == ["AQU-20170201-01", "BEL-20180929-01"]
    reasons = sorted(e["reason"] for n, e in events if n == "DeadLetter")
    assert "name the file after it" in reasons[0]
    assert "LONE lacks its file .1" in reasons[1]


def test_a_broken_archive_is_a_dead_letter(line: Line, write: Write) -> None:
    folder = write("A.DRF", [line()])
    (folder / "b.zip").write_bytes(b"no archive")
    events: Named = list(read(folder))
    assert ["cannot be opened" in e["reason"] for n, e in events if n == "DeadLetter"] == [True]


def test_a_place_without_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no records there"):
        list(read(tmp_path))


TEXT = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["-1", "1e9", "nan", "inf", "99", "20250229", "1A", "é", "\x00", "0", "²"]),
    st.integers().map(str),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.dictionaries(st.integers(1, FIELDS), TEXT, min_size=1, max_size=200), used=st.booleans())
def test_whatever_stands_in_a_cell_gives_events_that_can_be_written_or_dead_letters(
    changes: dict[int, str], used: bool, line: Line, write: Write
) -> None:
    told = line()
    filled = [field for field, cell in enumerate(told, 1) if cell]
    for field, text in changes.items():
        told[(filled[field % len(filled)] if used else field) - 1] = text
    events: Named = list(read(write("A.DRF", [told, line("Sound")])))
    codec = default_codec()
    assert all(codec.decode(codec.encode(name, event)) == (name, event) for name, event in events)
    assert "SOUND" in {event.get("horse_id") for _, event in events}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.dictionaries(st.integers(1, 99), TEXT, min_size=1, max_size=30), of=st.sampled_from("12"))
def test_whatever_stands_in_a_chart(
    changes: dict[int, str], of: str, race: Line, starter: Line, write: Write
) -> None:
    parts = {"1": race(), "2": starter("Best", "1", "1")}
    for field, text in changes.items():
        parts[of][field - 1] = text
    write("BEL.1", [parts["1"]])
    events: Named = list(read(write("BEL.2", [parts["2"], starter("Sound", "2", "2")])))
    codec = default_codec()
    assert events
    assert all(codec.decode(codec.encode(name, event)) == (name, event) for name, event in events)


def test_the_real_cards_say_what_their_lines_say(shared_data: Path) -> None:
    folder = shared_data / "us_past_performances"
    counts: Counter[str] = Counter()
    events: Named = list(read(folder, counts=counts))
    with (folder / "SAR0607.DRF").open() as one, (folder / "BEL0511.csv").open() as other:
        lines = [*csv.reader(one), *csv.reader(other)]
    runs = {(line[44], line[275 + n], line[255 + n]) for line in lines for n in range(10) if line[255 + n]}
    assert (counts["RaceCard"], counts["DeadLetter"]) == (24, 0)
    assert counts["HorseProfile"] == len(lines) == 229
    assert counts["PastPerformance"] == len(runs) == 1651
    card = next(e for n, e in events if n == "RaceCard" and e["race_id"] == "SAR-20250607-13")
    assert (card["race_class_details"], card["distance_furlongs"], card["purse_usd"]) == (
        "Belmont-G1",
        10.0,
        2e6,
    )
    # Winners' times: all horses of one race say the same.
    times: dict[str, set[float]] = {}
    for name, event in events:
        if name == "PastPerformance" and event["race_id"] and event["winning_time_seconds"]:
            times.setdefault(event["race_id"], set()).add(event["winning_time_seconds"])
    assert all(len(found) == 1 for found in times.values())
    ahead = [  # who was in front at the finish was not behind
        event for name, event in events if name == "PastPerformance" and event["calls"][-1]["position"] == 1
    ]
    assert all(event["calls"][-1]["lengths_behind_leader"] == 0.0 for event in ahead)


def test_the_real_charts_pay_what_their_files_say(shared_data: Path) -> None:
    events: Named = list(read([shared_data / "us_charts" / f"BEL09292018.{part}" for part in range(1, 7)]))
    assert not [event for name, event in events if name == "DeadLetter"]
    results = {event["race_id"]: event for name, event in events if name == "Result"}
    assert len(results) == 11
    gold_cup = results["BEL-20180929-10"]
    (winner,) = (f for f in gold_cup["finishers"] if f["finish_position"] == 1)
    assert (winner["runner_id"], winner["starting_price"]) == ("DISCREET LOVER", 46.5)
    paid = {(d["pool"], d["selection"]): d["dividend"] / d["unit_stake"] for d in gold_cup["dividends"]}
    assert paid["WIN", "7"] == 46.5
    assert paid["DOUBLE", "2/7"] == 231.0
    second = results["BEL-20180929-02"]["dividends"]
    assert {"pool": "PLACE", "selection": "1", "dividend": 5.0, "unit_stake": 2.0} in second  # 1A, sold as 1
    last = {f["runner_id"]: f["finish_position"] for f in results["BEL-20180929-11"]["finishers"]}
    assert last["OUT OF TROUBLE"] == last["TRANSACTION TAX"] == 6  # a dead heat
    scratches = {event["runner_id"] for name, event in events if name == "Scratch"}
    assert len(scratches) == 31
    moved = next(e for n, e in events if n == "RaceCard" and e["race_id"] == "BEL-20180929-01")
    assert moved["surface"] == "TURF"
    runs = {e["runner_id"]: e for n, e in events if n == "PastPerformance"}
    assert "RIKEN broke in at the start" in runs["RIKEN"]["comments"]


def test_the_real_rows_have_one_winner_or_a_dead_heat(shared_data: Path) -> None:
    counts: Counter[str] = Counter()
    events: Named = list(read(shared_data / "us_charts" / "aqueduct_2017_2020_rows.csv.xz", counts=counts))
    assert (counts["races"], counts["Result"], counts["DeadLetter"], counts["repeated lines"]) == (
        2971,
        2971,
        0,
        133,
    )
    winners = Counter(
        sum(f["finish_position"] == 1 for f in event["finishers"])
        for name, event in events
        if name == "Result"
    )
    assert set(winners) <= {1, 2}
    assert winners[2] < 10
    surfaces = {event["race_id"]: event["surface"] for name, event in events if name == "RaceCard"}
    assert set(surfaces.values()) == {"DIRT", "TURF"}
