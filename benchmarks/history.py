"""Loading history: all the bulk records there are through `hpr feed history` into a Kafka of its own."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from benchmarks.environments import PROJECT
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import broker
from schemas.errors import HprError
from topics import admin

RECORDS = PROJECT.parent / "shared" / "data"
PREFIX = "history."
MOST_SECONDS, MOST_MIB = 600.0, 4096.0
"""In which, and with which, all of it has to be loaded."""


def measure(runs: int = 1, records: Path = RECORDS) -> Report:
    """Seconds and the most memory of `hpr feed history`, beside what it may take.

    Raises HprError where there are no records or a feed fails, BrokerError if no Kafka can run here.
    """
    if not records.is_dir():
        raise HprError(f"{records}: no such folder: this benchmark loads the records in it")
    with broker() as bootstrap:
        loads = [load(bootstrap, f"{run}{PREFIX}", records) for run in range(runs)]
    return Report("history", machine(), rows(loads))


Load = tuple[float, float, dict[str, dict[str, float]]]
"""Seconds, the most MiB resident, and the figures of each provider."""


def load(bootstrap: str, prefix: str, records: Path) -> Load:
    """Load all of it once, in a process of its own."""
    admin.create(bootstrap, prefix)
    command = [sys.executable, "-m", "hpr", "feed", "history", str(records), "--json"]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [*command, "--broker", bootstrap, "--topic-prefix", prefix], cwd=PROJECT, stdout=out
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)  # what Popen's own wait would have noted
        if status:
            raise HprError(f"hpr feed history ended with status {process.returncode}")
        out.seek(0)
        return seconds, used.ru_maxrss / 1024, orjson.loads(out.read())


def rows(loads: list[Load]) -> list[Row]:
    """Rows of what it took, and of each provider's rate beside all of them together."""
    seconds, memory = [load[0] for load in loads], [load[1] for load in loads]
    events = [sum(told["events"] for told in load[2].values()) for load in loads]
    rates = [count / time for count, time in zip(events, seconds, strict=True)]
    parts = [
        row(f"{name}, {loads[0][2][name]['events']:,.0f} events", "all of them",
            [load[2][name]["events"] / load[2][name]["seconds"] for load in loads], rates, "events/s")
        for name in loads[0][2]
    ]  # fmt: skip
    return [
        row(f"all, {events[0]:,.0f} events", "10 minutes", seconds, [MOST_SECONDS], "s"),
        row("all, most memory", "4 GiB", memory, [MOST_MIB], "MiB"),
        *parts,
    ]
