"""hpr alerts over an archive: what a rule would have fired on, and a day reconciled."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.hpr.conftest import Done

Inside = Callable[..., Done]


def test_a_rule_that_is_none_is_one_line(inside: Inside) -> None:
    done = inside("alerts", "preview", '{"kind": "SCRATCH", "threshold": 1}', "--day", "2026-11-21")
    assert done.returncode == 2
    assert done.stderr.startswith("hpr: the rule is not understood: ")
    assert "SCRATCH has no threshold" in done.stderr


def test_a_rule_may_come_from_a_file_and_a_day_may_be_empty(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "rule.json").write_text('{"kind": "SCRATCH"}')
    asked = ("alerts", "preview", "rule.json", "--day", "2026-11-21", "--archive", ".")
    assert inside(*asked).stdout == "it would have fired 0 times on Saturday, 21 November 2026\n"


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_day_on_which_nothing_was_due(inside: Inside, flags: tuple[str, ...]) -> None:
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    done = inside("alerts", "reconcile", "--day", day, "--archive", ".", *flags)
    assert done.returncode == 0
    if not flags:
        assert done.stdout == f"no alert was due on {day}\n"
    else:
        empty = {"day": day, "channels": {}, "users": 0, "not_due": 0, "unread": 0}
        assert json.loads(done.stdout) == empty


def test_a_day_whose_deliveries_have_left_the_log_is_refused(inside: Inside) -> None:
    done = inside("alerts", "reconcile", "--day", "2026-01-02", "--archive", ".")
    assert done.returncode == 2
    assert "2026-01-02 is too long ago: deliveries leave the log after 90 days" in done.stderr
