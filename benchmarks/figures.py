"""Puts reports of `hpr bench --json` into the docs, with plots: `python -m benchmarks.figures FILE…`."""

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from benchmarks.environments import PROJECT
from benchmarks.plots import plot
from benchmarks.report import Report

PAGE = PROJECT / "docs" / "benchmarks.md"
TITLE = re.compile(r"^\*\*([a-z]+)\*\*, ", re.MULTILINE)
"""How a benchmark's section begins."""
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


def merged(page: str, sections: Mapping[str, str]) -> list[str]:
    """These sections with those of other benchmarks that the page has already, by name."""
    held = page.partition(BEGIN)[2].partition(END)[0]
    starts = [found.start() for found in TITLE.finditer(held)]
    old = [held[start:end].strip() + "\n" for start, end in pairwise([*starts, len(held)])]
    every = dict(zip(TITLE.findall(held), old, strict=True)) | dict(sections)
    return [text for _, text in sorted(every.items())]


def main(files: Sequence[str]) -> None:
    """Read the reports, write the page and draw; a file's day is that of its last change."""
    sections = {}
    for file in map(Path, files):
        report = msgspec.json.decode(file.read_bytes(), type=Report)
        day = datetime.fromtimestamp(file.stat().st_mtime, UTC).date().isoformat()
        sections[report.name] = section(report, day)
        plot(report)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(put(page, merged(page, sections)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
