import inspect
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hpr.options import SHARED, Flags, begin, shared


def _command() -> tuple[typer.Typer, list[Flags]]:
    app, seen = typer.Typer(), []

    @app.command()
    @shared
    def greet(name: str, *, loud: bool = False, flags: Flags) -> None:
        """Greet."""
        seen.append({"name": name, "loud": loud, **flags})

    assert list(inspect.signature(greet).parameters) == ["name", "loud", *SHARED]
    assert greet.__doc__ == "Greet."
    return app, seen


def test_a_command_takes_the_shared_options_beside_its_own() -> None:
    app, seen = _command()
    assert CliRunner().invoke(app, ["Ann", "--loud", "--broker", "kafka:9092"]).exit_code == 0
    assert seen == [
        {"name": "Ann", "loud": True, **dict.fromkeys(SHARED, None), "broker": "kafka:9092"},
    ]
    assert CliRunner().invoke(app, ["Ann", "--flags", "x"]).exit_code == 2


def test_flags_that_were_not_given_leave_the_settings_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HPR_TOPIC_PREFIX", "mine.")
    chosen = begin({**dict.fromkeys(SHARED, None), "broker": "kafka:9092"}, port=8123)
    assert (chosen.broker, chosen.topic_prefix, chosen.port) == ("kafka:9092", "mine.", 8123)
