"""Draws reports as small SVGs for docs/images: ours and theirs in bars, or what suits a benchmark better."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.environments import PROJECT
from benchmarks.report import Report, Row

IMAGES = PROJECT / "docs" / "images"
OURS, THEIRS = "#1f6f4a", "#b9bfc6"
WIDTH, ROW_HEIGHT, LINES_HEIGHT = 7.2, 0.34, 3.4
LONG = 100.0
"""Longest bar to the shortest beyond which lengths are drawn as powers of ten."""

STYLE: dict[Any, object] = {
    "svg.hashsalt": "horseracepro",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
UNDATED = {"Date": None, "Creator": None, "Format": None, "Type": None}
"""The same figures give the same file."""


def plot(report: Report, folder: Path = IMAGES) -> Path:
    """Draw a report into `folder`; returns the file `bench-NAME.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"bench-{report.name}.svg"
    with mpl.rc_context(STYLE):
        height = LINES_HEIGHT if report.name in DRAWN else 0.9 + ROW_HEIGHT * len(report.rows)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        DRAWN.get(report.name, _bars)(figure.subplots(), report)
        figure.savefig(file, format="svg", metadata=UNDATED)
    return file


def _bars(axes: Axes, report: Report) -> None:
    """A pair of bars a row with the ratio beside it; in powers of ten if the short ones could not be seen."""
    rows = report.rows
    places = range(len(rows))
    axes.barh(
        [at - 0.19 for at in places], [row.ours for row in rows], 0.36, color=OURS, label="HorseRacePro"
    )
    axes.barh(
        [at + 0.19 for at in places], [row.theirs for row in rows], 0.36, color=THEIRS, label="the peer"
    )
    for at, row in enumerate(rows):
        axes.annotate(f"{row.ratio:.3g}×", (max(row.ours, row.theirs), at), (3, 0),
                      textcoords="offset points", va="center")  # fmt: skip
    axes.set_yticks(places, [f"{row.what} | {row.peer}" for row in rows])
    axes.invert_yaxis()
    figures = [figure for row in rows for figure in (row.ours, row.theirs)]
    if max(figures) > LONG * min(figures):
        axes.set_xscale("log")
    axes.margins(x=0.1)
    axes.set_xlabel(", ".join(dict.fromkeys(row.unit for row in rows)))
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _latencies(axes: Axes, report: Report) -> None:
    """Percentiles of each side: ours in full lines, the relays dashed."""
    for at, (name, percentiles) in enumerate(report.series.items()):
        style = "--" if "relay" in name else "-"
        axes.plot(percentiles, range(1, len(percentiles) + 1), style, color=f"C{at // 2}", label=name)
    axes.set_xscale("log")
    axes.set_xlabel("ms, at most")
    axes.set_ylabel("% of the events")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _repeats(axes: Axes, report: Report) -> None:
    """Memory after each repeat, from 0, so that a leak would look as large as it is."""
    for name, figures in report.series.items():
        axes.plot(range(1, len(figures) + 1), figures, "o-", color=OURS, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("repeat of the five captures")
    axes.set_ylabel("MiB resident")


def _shares(axes: Axes, report: Report) -> None:
    """One bar for each way of working, cut into its parts."""
    ways = list(dict.fromkeys(row.what.partition(": ")[0] for row in report.rows))
    parts = list(dict.fromkeys(row.what.partition(": ")[2] for row in report.rows))
    ends = dict.fromkeys(ways, 0.0)
    for number, part in enumerate(parts):
        shares = [_share(report.rows, f"{way}: {part}") for way in ways]
        colour = mpl.colormaps["tab20"](number % 20)
        axes.barh(ways, shares, 0.5, left=list(ends.values()), color=colour, label=part)
        ends = {way: ends[way] + share for way, share in zip(ways, shares, strict=True)}
    axes.set_xlabel("% of an event's time")
    axes.invert_yaxis()
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _share(rows: Sequence[Row], what: str) -> float:
    return sum(100.0 * row.ratio for row in rows if row.what == what)


DRAWN = {"latency": _latencies, "memory": _repeats, "profile": _shares}
"""How reports are drawn that are no bars."""
