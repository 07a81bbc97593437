"""What a benchmark reports: our figure and a peer's of the same session, and the ratio of ours to theirs."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

import orjson
from rich.console import Console
from rich.table import Table

Unit = Literal[
    "messages/s", "events/s", "rows/s", "us/race", "us/day", "us/event", "us/frame", "frames/s",
    "deliveries/s", "requests/s", "ms", "s", "MiB", "KiB", "%",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `ratio` is always ours to theirs: of a rate higher is better, of a time lower."""

    what: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one benchmark, and the machine they were measured on."""

    name: str
    machine: dict[str, str | int]
    rows: list[Row]
    series: dict[str, list[float]] = field(default_factory=dict)
    """What is drawn as lines, by the line's name; not in the JSON of a report that has none."""


def row(what: str, peer: str, ours: Sequence[float], theirs: Sequence[float], unit: Unit) -> Row:
    """The medians of the runs and their ratio, rounded to five figures."""
    our, their = median(ours), median(theirs)
    return Row(what, peer, _rounded(our), _rounded(their), _rounded(our / their), unit)


def machine() -> dict[str, str | int]:
    """Processor, cores that this process may use, and Python."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "python": platform.python_version(),
    }


def print_report(report: Report, as_json: bool) -> None:
    """One line of JSON, or a table for people."""
    if as_json:
        fields = asdict(report)
        if not report.series:
            del fields["series"]
        print(orjson.dumps(fields).decode())
    else:
        Console().print(table(report))


def table(report: Report) -> Table:
    """The report as a table."""
    on = report.machine
    title = f"{report.name}: {on['cpu']}, {on['cores']} cores, Python {on['python']}"
    shown = Table(title=title, caption="ratio: ours to theirs; of a rate higher is better, of a time lower")
    for name in ("what", "peer"):
        shown.add_column(name)
    for name in ("ours", "theirs", "ratio"):
        shown.add_column(name, justify="right")
    shown.add_column("unit")
    for each in report.rows:
        figures = (f"{figure:,.5g}" for figure in (each.ours, each.theirs, each.ratio))
        shown.add_row(each.what, each.peer, *figures, each.unit)
    return shown


def _rounded(figure: float) -> float:
    return float(f"{figure:.5g}")


def _cpu() -> str:
    """The processor's name as Linux gives it, else as Python does."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
