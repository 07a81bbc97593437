"""Puts reports of `hpr bench --json` into the docs, with plots: `python -m benchmarks.figures FILE…`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.environments import PROJECT
from benchmarks.plots import plot
from benchmarks.report import Report

PAGE = PROJECT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->\n"


def section(report: Report, day: str) -> str:
    """A report as a plot and a Markdown table under a line with the day and the machine."""
    on = report.machine
    lines = [
        f"**{report.name}**, {day}, {on['cpu']}, {on['cores']} cores, Python {on['python']}:",
        "",
        f"![{report.name}](images/bench-{report.name}.svg)",
        "",
        "| what | peer | ours | theirs | ratio | unit |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for row in report.rows:
        figures = " | ".join(f"{figure:,.4g}" for figure in (row.ours, row.theirs, row.ratio))
        lines.append(f"| {row.what} | {row.peer} | {figures} | {row.unit} |")
    return "\n".join(lines) + "\n"


def put(page: str, sections: Sequence[str]) -> str:
    """The page with what stands between its marks replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + "\n".join(sections) + "\n" + END + after


def main(files: Sequence[str]) -> None:
    """Read the reports, write the page and draw; a file's day is that of its last change."""
    sections = []
    for file in map(Path, files):
        report = msgspec.json.decode(file.read_bytes(), type=Report)
        day = datetime.fromtimestamp(file.stat().st_mtime, UTC).date().isoformat()
        sections.append(section(report, day))
        plot(report)
    PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), sections), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
