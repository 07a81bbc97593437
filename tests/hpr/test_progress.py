"""The bar of a long command: how much of all is done, on standard error and only on a terminal."""

import io
from datetime import date

import pytest
from rich.console import Console

from hpr.progress import steps


def terminal() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=True, width=120, color_system=None), out


def last_line(out: io.StringIO) -> str:
    return next(line for line in reversed(out.getvalue().splitlines()) if "/" in line)


def test_it_counts_what_is_done_of_all() -> None:
    console, out = terminal()
    with steps(console) as shown:
        shown.begin("fitting", 12)
        for _ in range(3):
            shown.done()
        shown.say("net and trees")
        shown._bar.refresh()
        assert "net and trees" in last_line(out)
        assert " 3/12 " in last_line(out)


def test_days_go_from_the_first_to_the_last_asked_for() -> None:
    console, out = terminal()
    with steps(console) as shown:
        reached = shown.days(date(2025, 1, 10))
        reached(date(2025, 1, 1))
        reached(date(2025, 1, 6))
        shown._bar.refresh()
        assert "form of 2025-01-06" in last_line(out)
        assert " 5/10 " in last_line(out)
        reached(date(2025, 3, 1))
        shown._bar.refresh()
        assert " 9/10 " in last_line(out)
        shown.begin("fitting", 4)
        shown._bar.refresh()
        assert " 0/4 " in last_line(out)


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as shown:
        shown.begin("fitting", 2)
        shown.done()
    assert capsys.readouterr() == ("", "")
