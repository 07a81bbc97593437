import os
from pathlib import Path
from typing import cast

import pytest

from benchmarks import memory
from benchmarks.market import card, odds, race_ids
from benchmarks.memory import Demand, after_repeats, later, moved, resident, rows, runs_of, with_open_races
from benchmarks.replay import FIVE
from benchmarks.replay import captures as files_of
from deploy.kafka.node import SingleNode
from schemas.errors import HprError
from schemas.identity import MICROS
from schemas.records import Event
from streams.lives import DAY

RACE = race_ids(0, 1)[0]
NOW = 1_700_000_000 * MICROS
EVENTS: list[tuple[str, Event]] = [("RaceCard", card(RACE, NOW)), ("OddsUpdate", odds(RACE, 0, NOW + 1))]


def test_a_repeat_is_the_same_race_on_a_later_day_with_ids_of_its_own() -> None:
    first, second = list(moved(EVENTS, 0)), list(moved(EVENTS, 1))
    assert first[0][1]["race_id"] == RACE
    assert [event["race_id"] for _, event in second] == ["BEL-20000109-01"] * 2
    assert second[1][1]["event_time"] == NOW + 1 + 8 * DAY
    ids = {event["event_id"] for _, event in first + second}
    assert len(ids) == 4


def test_every_time_of_an_event_is_moved_with_the_race() -> None:
    off = {**EVENTS[1][1], "scheduled_off": NOW + 2, "off_time": NOW + 3}
    (status,) = [event for _, event in moved([("RaceStatus", cast(Event, off))], 1)]
    times = {field: time for field, time in status.items() if field.endswith(("_time", "_off"))}
    assert times == {
        "event_time": NOW + 1 + 8 * DAY,
        "recorded_time": EVENTS[1][1]["recorded_time"] + 8 * DAY,
        "scheduled_off": NOW + 2 + 8 * DAY,
        "off_time": NOW + 3 + 8 * DAY,
    }


def test_what_belongs_to_no_race_is_left_out() -> None:
    assert list(moved([("DeadLetter", EVENTS[0][1])], 0)) == []


def test_a_later_race_keeps_its_track_and_number() -> None:
    assert later("WAR-20210330-T1620", 2) == "WAR-20210401-T1620"


def test_runs_cover_the_offsets_of_their_records() -> None:
    (run,) = runs_of(EVENTS)
    assert run.covers == {("racing.cards", 0): 1, ("racing.odds", 0): 1}


def test_rows_leave_out_the_repeats_that_fill_memory() -> None:
    each = [[100.0, 110.0, 120.0, 121.0, 120.5, 120.0, 121.2, 121.0]]
    found = rows(each, [256.0], Demand(8, 50))
    assert [(r.what, r.peer, r.ours, r.theirs, r.ratio, r.unit) for r in found] == [
        ("most in the last 6 of 8 repeats", "least in them", 121.2, 120.0, 1.01, "MiB"),
        ("50 open races, at most", "1 GiB", 256.0, 1024.0, 0.25, "MiB"),
    ]


def test_resident_memory_of_this_process_is_below_the_most_it_had() -> None:
    now = resident(os.getpid())
    assert 1.0 < now <= resident(os.getpid(), "VmHWM")
    with pytest.raises(HprError, match="/proc"):
        resident(1 << 30)


@pytest.mark.data
def test_two_repeats_of_a_real_capture_are_worked_and_leave_little_behind(
    monkeypatch: pytest.MonkeyPatch, captures: Path
) -> None:
    monkeypatch.setenv("HPR_DATA", str(captures.parent))
    monkeypatch.setattr(memory, "gc", _NoCollector)
    found = after_repeats(files_of(FIVE[-1:]), 2)
    assert len(found) == 2
    assert found[1] < found[0] * 1.2


class _NoCollector:
    """The collector's settings are of the process, and this one is shared."""

    @staticmethod
    def freeze() -> None:
        pass

    @staticmethod
    def set_threshold(_objects: int) -> None:
        pass


@pytest.mark.kafka
def test_a_worker_with_a_few_open_races(kafka: SingleNode) -> None:
    assert 30.0 < with_open_races(kafka.bootstrap, "few.", 3) < 500.0
