import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from hpr import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leaves logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    for name in (*logs.QUIET, *logs.SECRETIVE):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_json_logs_are_one_object_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger("hpr.feed").info("feed ended", events=5)
    logging.getLogger("other").warning("from the standard library")
    out, err = capsys.readouterr()
    ours, theirs = map(json.loads, err.splitlines())
    assert out == ""
    assert (ours["event"], ours["events"], ours["level"], ours["logger"]) == (
        "feed ended",
        5,
        "info",
        "hpr.feed",
    )
    assert (theirs["event"], theirs["level"]) == ("from the standard library", "warning")
    assert ours["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "console")
    structlog.get_logger("hpr").info("unseen")
    structlog.get_logger("hpr").warning("seen")
    err = capsys.readouterr().err
    assert "seen" in err
    assert "unseen" not in err


def test_an_exception_stays_on_its_line_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    try:
        int("odd")
    except ValueError:
        logging.getLogger("other").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_libraries_are_quiet_unless_debugging(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "console")
    logging.getLogger("aiokafka").info("unseen")
    logs.configure("debug", "console")
    logging.getLogger("hpr").debug("seen")
    err = capsys.readouterr().err
    assert "unseen" not in err
    assert "seen" in err


def test_libraries_never_write_what_they_carry(capsys: pytest.CaptureFixture[str]) -> None:
    for level in ("debug", "info"):
        logs.configure(level, "console")
        for name in logs.SECRETIVE:
            logging.getLogger(name).debug("cookie: hpr=secret")
            logging.getLogger(f"{name}.engine").info("('secret',)")
    assert "secret" not in capsys.readouterr().err
