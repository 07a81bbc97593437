"""hpr models: what is refused says why and what to do; force needs a reason, which is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec import json

from deploy.kafka.node import free_port
from hpr import registry_commands
from models.registry import shipped
from models.trial import Trial

Inside = Callable[..., Any]
FIRST = shipped().version


@pytest.fixture
def other(inside: Inside, tmp_path: Path) -> str:
    """A version of its own, in the registry."""
    Path(tmp_path, "other.json").write_bytes(
        json.encode({**json.decode(shipped().data), "trained_on": "a test"})
    )
    return str(inside("models", "add", "other.json").stdout.strip())


def after(races: int, gained: float) -> Trial:
    trial = Trial()
    for _ in range(races):
        trial = trial.after(1.5, 1.5 - gained)
    return trial


def test_promoted_only_as_a_candidate_whose_trial_says_so(
    inside: Inside, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = inside("models", "promote", other)
    assert found.returncode == 1
    assert "it is not the candidate, so nothing is known of it" in found.stderr
    assert inside("models", "nominate", other).stdout == f"candidate: {other}\n"

    monkeypatch.setattr(registry_commands, "_trial", lambda *_: after(50, -0.4))
    found = inside("models", "promote", other)
    assert (found.returncode, "the candidate is worse" in found.stderr) == (1, True)

    monkeypatch.setattr(registry_commands, "_trial", lambda *_: after(50, 0.4))
    shown = orjson.loads(inside("models", "trial", "--json").stdout)
    assert (shown["races"], shown["verdict"], shown["candidate"]) == (50, "BETTER", other)
    assert inside("models", "promote", other).stdout == f"champion: {other}\n"
    entries = [orjson.loads(line) for line in inside("models", "log").stdout.splitlines()]
    assert [(e["action"], e["version"]) for e in entries[-2:]] == [("promote", other), ("nominate", FIRST)]
    assert "the candidate is better" in entries[-2]["reason"]
    assert "the champion before it" in inside("models", "trial").stdout


def test_force_needs_a_reason_which_the_log_keeps(inside: Inside, other: str) -> None:
    found = inside("models", "promote", other, "--force")
    assert (found.returncode, "--force needs --why" in found.stderr) == (2, True)
    assert inside("models", "promote", other, "--force", "--why", "a hunch").returncode == 0
    assert "forced: a hunch" in inside("models", "log").stdout
    assert inside("models", "rollback").stdout == f"champion: {FIRST}\n"


def test_without_a_broker_the_trial_cannot_be_read_and_that_is_said(inside: Inside, other: str) -> None:
    inside("models", "nominate", other)
    found = inside("models", "trial", "--broker", f"127.0.0.1:{free_port()}")
    assert (found.returncode, "no broker answers" in found.stderr) == (1, True)


def test_without_a_candidate_there_is_no_trial(inside: Inside) -> None:
    found = inside("models", "trial")
    assert (found.returncode, "nominate one" in found.stderr) == (1, True)


def test_a_model_that_is_not_there_cannot_be_added(inside: Inside) -> None:
    found = inside("models", "add", "nowhere")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("hpr: nowhere: no such file or folder: name what hpr train wrote")


def test_the_same_in_mlflow(inside: Inside, tmp_path: Path) -> None:
    Path(tmp_path, "other.json").write_bytes(
        json.encode({**json.decode(shipped().data), "trained_on": "a test"})
    )
    added = inside("models", "add", "other.json", HPR_MODELS="mlflow:runs")
    other = added.stdout.removesuffix("\n")
    assert (other.startswith("guide-"), added.stderr) == (True, "")
    assert inside("models", "promote", other, "--force", "--why", "a hunch").stdout == f"champion: {other}\n"
    rows = {row["version"]: row["role"] for row in orjson.loads(inside("models", "list", "--json").stdout)}
    assert rows == {FIRST: "candidate", other: "champion"}
    assert inside("models", "rollback", "--why", "no").stdout == f"champion: {FIRST}\n"
    reasons = [orjson.loads(line)["reason"] for line in inside("models", "log").stdout.splitlines()]
    watched = f"champion before {other}, which is watched beside it"
    assert reasons == ["forced: a hunch", watched, "no", f"rolled back to {FIRST}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hpr", "other.json", "runs"]
    assert not Path(tmp_path, ".hpr", "models").exists()


def test_an_address_that_is_none_is_said(inside: Inside) -> None:
    found = inside("models", "list", "--models", "mlflow+ftp://me:secret@host")
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert "name a folder, mlflow:FOLDER, or mlflow+http://HOST:PORT" in found.stderr
    assert "secret" not in found.stderr
