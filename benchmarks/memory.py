"""Memory: captures again and again under new race ids, and a worker with a thousand open races."""

import asyncio
import gc
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

from benchmarks.backlog import encoded, seconds_to_drain, topics_with
from benchmarks.market import race_ids
from benchmarks.nowhere import Nowhere
from benchmarks.replay import FIVE, captures, events
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import broker, worker
from schemas.codec import default_codec
from schemas.errors import HprError
from schemas.identity import MICROS, uuid_of
from schemas.records import Event
from streams.lives import DAY
from streams.metrics import Metrics
from streams.replay import RANKS, located
from streams.runs import RUN_RECORDS, Run
from streams.scoring import default_scorer
from streams.service import MANY_OBJECTS
from streams.worker import Races, Worker
from topics.producer import EventProducer

APART_DAYS = 8
"""From one repeat to the next: a race is a tombstone by then, and its tombstone lasts four repeats."""

SETTLING = 0.25
"""Share of the repeats that fill memory, before it has to stay as it is."""

CHECKPOINT_RUNS = 20
MINUTES = 60
"""Of prices that each open race has: as many as are shown."""

TIMES = ("event_time", "recorded_time", "scheduled_off", "off_time")

RACES_A_DAY = 25
PREFIX = "memory."
MIB, GIB = 1 << 20, 1 << 30


class Demand(NamedTuple):
    """Repeats of the five captures, and races open at once."""

    repeats: int = 20
    open_races: int = 1_000

    def scaled(self, scale: float) -> "Demand":
        """Fewer of both, but enough to tell a leak."""
        return Demand(max(round(self.repeats * scale), 8), max(round(self.open_races * scale), 20))


def measure(runs: int = 1, scale: float = 1.0, demand: Demand | None = None) -> Report:
    """Resident memory of processes of their own: the worker's path over repeats, and `hpr worker`.

    Raises HprError where there is no /proc or there are no captures, BrokerError if no Kafka can run here.
    """
    demand = (demand or Demand()).scaled(scale)
    files = captures(FIVE)
    each = [in_own_process(files, demand.repeats) for _ in range(runs)]
    with broker() as bootstrap:
        most = [with_open_races(bootstrap, f"{run}{PREFIX}", demand.open_races) for run in range(runs)]
    return Report("memory", machine(), rows(each, most, demand), {"resident after each repeat": each[0]})


def rows(each: list[list[float]], most: list[float], demand: Demand) -> list[Row]:
    """Rows from the MiB after each repeat, and from those with many open races, of each run."""
    settled = [of_run[round(demand.repeats * SETTLING) :] for of_run in each]
    return [
        row(
            f"most in the last {len(settled[0])} of {demand.repeats} repeats", "least in them",
            [max(of_run) for of_run in settled], [min(of_run) for of_run in settled], "MiB",
        ),
        row(f"{demand.open_races:,} open races, at most", "1 GiB", most, [GIB / MIB], "MiB"),
    ]  # fmt: skip


def in_own_process(files: list[Path], repeats: int) -> list[float]:
    """Resident MiB after each repeat, of a process that does nothing else."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(after_repeats, files, repeats).result()


def after_repeats(files: list[Path], repeats: int) -> list[float]:
    """Resident MiB after each repeat of the captures, APART_DAYS later each time."""
    gc.freeze()
    gc.set_threshold(MANY_OBJECTS)  # as the worker's service does
    now = [0]
    codec = default_codec()
    producer = cast(EventProducer, Nowhere(codec))
    ours = Worker(producer, Races({}), default_scorer(), codec, Metrics(), clock=lambda: now[0])
    found = []
    with asyncio.Runner() as runner:
        for repeat in range(repeats):
            for number, run in enumerate(runs_of(moved(events(files), repeat))):
                now[0] = run.records[-1].event["recorded_time"]
                ours.work(run)
                if number % CHECKPOINT_RUNS == 0:
                    runner.run(ours.checkpoint())
            runner.run(ours.checkpoint())
            found.append(resident(os.getpid()))
    return found


def runs_of(events: Iterable[tuple[str, Event]]) -> Iterator[Run]:
    """Full runs, as of a worker that catches up."""
    stream = located(events)
    while records := list(islice(stream, RUN_RECORDS)):
        yield Run(records, {(r.topic, r.partition): r.offset + 1 for r in records})


def moved(events: Iterable[tuple[str, Event]], repeat: int) -> Iterator[tuple[str, Event]]:
    """The same events as other ones, of other races on later days."""
    days = repeat * APART_DAYS
    for name, event in events:
        if name not in RANKS:
            continue  # what could not be read, and belongs to no race
        changed: dict[str, Any] = {
            **event,
            "event_id": uuid_of(f"{repeat}:{event['event_id']}"),
            "race_id": later(event["race_id"], days),
        }
        for field in TIMES:
            if changed.get(field) is not None:
                changed[field] += days * DAY
        yield name, cast(Event, changed)


def later(race_id: str, days: int) -> str:
    """The id of a race on the same track so many days later."""
    track, day, number = race_id.split("-")
    moved_to = date.fromisoformat(day) + timedelta(days=days)
    return f"{track}-{moved_to:%Y%m%d}-{number}"


def with_open_races(bootstrap: str, prefix: str, races: int) -> float:
    """The most MiB that `hpr worker` had resident until it has worked a price a minute of each race."""
    ids = [id for day in range(-(-races // RACES_A_DAY)) for id in race_ids(day, RACES_A_DAY)][:races]
    backlog = encoded(ids, races * MINUTES, 1_700_000_000 * MICROS, 60 * MICROS // races)
    with topics_with(bootstrap, prefix, 8), worker(bootstrap, prefix) as process:
        seconds_to_drain(bootstrap, prefix, f"{prefix}hpr-worker", 1, backlog)
        return resident(process.pid, "VmHWM")


def resident(process: int, figure: str = "VmRSS") -> float:
    """MiB that a process has resident, or with VmHWM the most it had. Raises HprError without /proc."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise HprError("the memory benchmark reads /proc, which Linux has") from error
    kib = next(line.split()[1] for line in lines if line.startswith(f"{figure}:"))
    return round(int(kib) / 1024, 2)
