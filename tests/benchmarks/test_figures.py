from pathlib import Path

import msgspec
import pytest

from benchmarks import figures
from benchmarks.environments import PROJECT
from benchmarks.figures import BEGIN, END, main, merged, put, section
from benchmarks.report import Report, row

REPORT = Report(
    "latency",
    {"cpu": "a processor", "cores": 2, "python": "3.11.7"},
    [row("p50 at 500/s", "relay", [6.25], [2.5], "ms")],
)


def test_a_section_names_day_and_machine_and_has_every_row() -> None:
    text = section(REPORT, "2026-01-02")
    assert text.startswith("**latency**, 2026-01-02, a processor, 2 cores, Python 3.11.7:\n")
    assert "| p50 at 500/s | relay | 6.25 | 2.5 | 2.5 | ms |" in text


def test_a_section_shows_its_plot() -> None:
    assert "![latency](images/bench-latency.svg)\n" in section(REPORT, "2026-01-02")


def test_reports_go_to_page_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, file = tmp_path / "page.md", tmp_path / "latency.json"
    page.write_text(f"before\n{BEGIN}{END}after\n", encoding="utf-8")
    file.write_bytes(msgspec.json.encode(REPORT))
    drawn: list[str] = []
    monkeypatch.setattr(figures, "PAGE", page)
    monkeypatch.setattr(figures, "plot", lambda report: drawn.append(report.name))
    main([str(file)])
    assert "**latency**" in page.read_text(encoding="utf-8")
    assert drawn == ["latency"]


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = f"before\n{BEGIN}old\n{END}after\n"
    once = put(page, ["new\n"])
    assert once == f"before\n{BEGIN}\nnew\n\n{END}after\n"
    assert put(once, ["new\n"]) == once


def test_sections_are_replaced_by_name_and_others_stay_with_their_remarks() -> None:
    page = f"a **word**, before\n{BEGIN}{END}after\n"
    sections = {"rest": "**rest**, day\n", "codec": "**codec**, day\n\na remark\n"}
    once = put(page, merged(page, sections))
    assert merged(once, {}) == [sections["codec"], sections["rest"]]
    assert merged(once, {"rest": "**rest**, next day\n"}) == [sections["codec"], "**rest**, next day\n"]


def test_the_page_has_the_marks() -> None:
    page = (PROJECT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
