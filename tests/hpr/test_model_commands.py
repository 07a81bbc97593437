"""hpr evaluate and hpr train print figures as tables or JSON, and say what to do when they cannot."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from hpr import model_commands
from hpr.cli import app, main
from hpr.progress import Steps
from models import boosted, training
from models.artefacts import load
from tests.models.trained_world import table

WINDOW = ["--from", "2025-01", "--to", "2025-12"]


@pytest.fixture(autouse=True)
def small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosted, "TREES", 10)
    monkeypatch.setattr(model_commands, "_table", lambda *_: table())


@dataclass
class Bar(Steps):
    """A bar that keeps what it was told, in place of a terminal."""

    parts: list[tuple[str, int]] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)

    def begin(self, what: str, total: int) -> None:
        self.parts.append((what, total))
        self.moved.append(0)

    def say(self, what: str) -> None:
        pass

    def done(self) -> None:
        self.moved[-1] += 1


@pytest.fixture
def bar(monkeypatch: pytest.MonkeyPatch) -> Bar:
    found = Bar()

    @contextmanager
    def kept() -> Iterator[Bar]:
        yield found

    monkeypatch.setattr(model_commands, "steps", kept)
    return found


def test_evaluate_prints_rows_by_model_and_season(tmp_path: Path, bar: Bar) -> None:
    asked = ["evaluate", "hong-kong", "--data", str(tmp_path), *WINDOW, "--models", "combined", "--json"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    found = orjson.loads(result.stdout)
    assert {row["model"] for row in found["rows"]} == {"public", "combined"}
    assert set(found["rows"][0]) == {"model", "sample", "races", "r2", "log_loss", "delta_r2", "z"}
    assert found["data_hash"] == table().digest()
    # How many fits there are is told before the first: residuals with and without breeding, of two days each.
    assert (bar.parts, bar.moved) == ([("fitting", 4)], [4])
    people = CliRunner().invoke(app, asked[:-1])
    assert people.stdout.splitlines()[0].split() == list(found["rows"][0])


def test_train_writes_what_load_reads(tmp_path: Path, bar: Bar) -> None:
    out = tmp_path / "models"
    asked = ["train", "hong-kong", "--data", str(tmp_path), "--out", str(out), "--json"]
    result = CliRunner().invoke(app, [*asked, "--before", "2025-01"])
    assert result.exit_code == 0, result.output
    _, manifest = load(out)
    assert orjson.loads(result.stdout)["version"] == manifest.version
    assert manifest.trained_to < "2025-01-01"
    # The same residuals, and form of two days.
    assert (bar.parts, bar.moved) == ([("fitting", 6)], [6])


def test_ctrl_c_ends_at_once_and_writes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Past the interpreter's own end, which would wait for fits under way in other threads."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    def ended(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(training, "fit_beliefs", interrupted)
    monkeypatch.setattr(os, "_exit", ended)
    out = tmp_path / "models"
    result = CliRunner().invoke(app, ["train", "hong-kong", "--data", str(tmp_path), "--out", str(out)])
    assert (result.exit_code, result.stderr) == (130, "Aborted.\n")
    assert not out.exists()


@pytest.mark.parametrize(
    ("months", "status", "said"),
    [(("2025-12", "2025-01"), 2, "--to is before --from"), (("2031-01", "2031-12"), 1, "no season")],
)
def test_what_cannot_be_judged_is_said(
    months: tuple[str, str],
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["evaluate", "hong-kong", "--data", "data", "--from", months[0], "--to", months[1]]
    monkeypatch.setattr("sys.argv", ["hpr", *asked])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == status
    assert said in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("sys.argv", ["hpr", "evaluate", "hong-kong", "--data", "nowhere", *WINDOW])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "no such folder" in capsys.readouterr().err
