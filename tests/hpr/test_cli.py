import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from deploy.kafka.node import free_port
from hpr.cli import app
from topics import admin

Hpr = Callable[..., subprocess.CompletedProcess[str]]
Inside = Callable[..., Any]


def commands(at: typer.Typer = app, *before: str) -> Iterator[tuple[str, ...]]:
    """Every command by its words."""
    for command in at.registered_commands:
        assert command.callback is not None
        yield *before, command.name or command.callback.__name__
    for group in at.registered_groups:
        assert group.typer_instance is not None
        assert group.name
        yield from commands(group.typer_instance, *before, group.name)


def test_the_commands_are_those_of_the_manual() -> None:
    expected = {
        "up",
        "worker",
        "gateway",
        "replay",
        "bench",
        "feed",
        "topics",
        "schemas",
        "accounts",
        "alerts",
    }
    expected |= {
        "sink",
        "archive",
        "audit",
        "train",
        "evaluate",
        "form",
        "learn",
        "models",
        "notifier",
        "backtest",
    }
    assert {words[0] for words in commands()} == expected


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], terminal_width=200)
    assert shown.exit_code == 0
    assert f"Example: hpr {' '.join(words)}" in " ".join(shown.output.split())


def test_version_is_that_of_the_package(hpr: Hpr) -> None:
    done = hpr("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{version('horseracepro')}\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gallop"], "No such command 'gallop'"),
        (["replay"], "Missing argument"),
        (["replay", "x", "--run-size", "0"], "greater than or equal to 1"),
        (["topics", "list", "--loud"], "No such option: --loud"),
        (["bench", "poker"], "poker"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_called_wrongly_is_status_2_without_traceback(
    inside: Inside, arguments: list[str], words: str
) -> None:
    done = inside(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [[], ["topics"], ["schemas"], ["feed"]], ids=" ".join)
def test_a_group_without_a_command_shows_its_help(inside: Inside, arguments: list[str]) -> None:
    done = inside(*arguments)
    assert done.returncode == 2
    assert "Commands" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_is_status_2_and_one_line(inside: Inside) -> None:
    done = inside("topics", "check", HPR_BROKER="")
    assert done.returncode == 2
    assert done.stderr == "hpr: setting not understood: broker: String should have at least 1 character\n"


def test_an_unknown_name_in_the_file_is_status_2_and_one_line(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "hpr.toml").write_text('brokre = "a:1"\n')
    done = inside("topics", "check")
    assert done.returncode == 2
    assert done.stderr == "hpr: setting not understood: brokre: Extra inputs are not permitted\n"


def test_work_that_fails_is_status_1_and_one_line_that_says_what_to_do(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "TIMEOUT_SECONDS", 0.3)
    nowhere = f"127.0.0.1:{free_port()}"
    done = inside("topics", "check", "--broker", nowhere)
    assert done.returncode == 1
    assert done.stderr == f"hpr: no Kafka answers at {nowhere}: start it, or set HPR_BROKER\n"


def test_a_command_whose_packages_are_missing_says_what_to_install(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] in ("models", "streams")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "numba", None)
    done = inside("replay", "nowhere")
    assert done.returncode == 1
    assert done.stderr == "hpr: numba is missing: install horseracepro[models,training,worker,gateway]\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["topics", "list"], 0), (["schemas", "show", "Unicorn"], 1), (["gallop"], 2)],
    ids=["works", "fails", "called wrongly"],
)
def test_the_status_is_that_of_the_process(hpr: Hpr, arguments: list[str], status: int) -> None:
    done = hpr(*arguments)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


def test_the_installed_command_is_the_module() -> None:
    script = Path(sys.executable).with_name("hpr")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == f"{version('horseracepro')}\n"
