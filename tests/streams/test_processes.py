"""A replay in processes: the lines of one, however they are started and however far one gets ahead."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from heapq import merge
from itertools import count, islice
from typing import Any, cast

import pytest

from feeds import simulator
from feeds.simulator import RaceDay
from schemas.errors import ArchiveError, HprError
from schemas.records import Event
from streams import processes
from streams.processes import replay_in_processes
from streams.replay import Published, replay

Named = tuple[str, Event]
Share = partial[Iterator[Named]]

FORKED = """
from streams import processes
from tests.streams.test_processes import SHARES
processes.BATCH_LINES = 5
print(processes.can_fork())
for each in processes.replay_in_processes(SHARES, 64):
    print(each.line.decode())
"""


def day_at(track: str, seed: int) -> RaceDay:
    """Two races of a simulated day at one track."""
    return replace(simulator.demo(seed, datetime(2026, 3, 1, 12, tzinfo=UTC)), tracks=(track,), races=2)


SHARES: list[Share] = [
    partial(simulator.events, day_at(track, seed)) for track, seed in (("BEL", 3), ("ASCO", 4))
]


@pytest.fixture(scope="module")
def expected() -> list[Published]:
    events = merge(*(share() for share in SHARES), key=lambda named: named[1]["recorded_time"])
    return list(replay(events))


def test_two_processes_write_what_one_does(expected: list[Published]) -> None:
    empty = partial(simulator.events, replace(day_at("SAR", 5), races=0))
    assert list(replay_in_processes([*SHARES, empty], 64)) == expected


def test_processes_that_are_copies_of_this_one_do_too(expected: list[Published]) -> None:
    # In a process of its own, since this one has threads.
    done = subprocess.run(
        [sys.executable, "-c", FORKED], env={"OPENBLAS_NUM_THREADS": "1"}, capture_output=True, check=True
    )
    can_fork, *lines = done.stdout.splitlines()
    assert can_fork == (b"True" if sys.platform == "linux" else b"False")
    assert lines == [line.line for line in expected]


class Told:
    """A pipe's end from which batches of lines come."""

    def __init__(self, *batches: list[Published]) -> None:
        self.left = [list(zip(*batch, strict=True)) for batch in batches] + [[]]

    def recv(self) -> Any:
        return self.left.pop(0)


@pytest.mark.parametrize("ahead", [0, 1 << 20])
def test_lines_are_merged_whoever_is_ahead(monkeypatch: pytest.MonkeyPatch, ahead: int) -> None:
    monkeypatch.setattr(processes, "AHEAD_BYTES", ahead)
    monkeypatch.setattr(processes, "wait", lambda told: told)
    lines = [Published(n // 3, f"R{n % 3}", 1, b"%d" % n) for n in range(60)]
    of = {race: [line for line in lines if line.race_id == race] for race in ("R0", "R1", "R2")}
    slow = Told(*([line] for line in of["R0"]))
    fast, whole = Told(of["R1"][:15], of["R1"][15:]), Told(of["R2"])
    told: Any = [slow, fast, Told(), whole]
    assert list(processes._merged(told)) == lines


def test_one_share_stays_in_this_process() -> None:
    events = list(SHARES[0]())
    assert list(replay_in_processes([lambda: events])) == list(replay(events))


def test_a_process_that_fails_ends_the_replay_and_not_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    nowhere = partial(simulator.events, day_at("NOWHERE", 3))
    with pytest.raises(HprError, match="a process of the replay was ended before it was done"):
        list(replay_in_processes([SHARES[0], nowhere]))
    assert "NOWHERE" in capfd.readouterr().err


def damaged() -> Iterator[Named]:
    """Events up to where a file is damaged."""
    yield from islice(SHARES[1](), 100)
    raise ArchiveError("a file is damaged")


def test_what_a_share_cannot_go_on_for_is_raised_here(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ArchiveError, match="a file is damaged"):
        list(replay_in_processes([SHARES[0], damaged]))
    assert capfd.readouterr().err == ""


def test_a_process_that_is_killed_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    lines = replay_in_processes([forever, forever])
    next(lines)
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    with pytest.raises(HprError, match="was ended before it was done"):
        list(lines)
    assert (multiprocessing.active_children(), capfd.readouterr().err) == ([], "")


def forever() -> Iterator[Named]:
    """The same races, one after the other."""
    for day in count(3):
        yield from simulator.events(day_at("BEL", day))


def test_no_process_outlives_a_reader_that_has_enough() -> None:
    lines = replay_in_processes([forever, forever])
    next(lines)
    assert len(multiprocessing.active_children()) == 2
    cast(Generator[Published, None, None], lines).close()
    assert multiprocessing.active_children() == []
