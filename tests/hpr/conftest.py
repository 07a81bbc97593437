"""Runs the hpr command as a person would, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hpr.cli import main

Run = subprocess.CompletedProcess[str]
Hpr = Callable[..., Run]


class Done(NamedTuple):
    """How a call within this process ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Calls hpr within this process, which is quicker, in `tmp_path`; keywords are variables."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HPR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object, **environment: str) -> Done:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["hpr", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def hpr(tmp_path: Path) -> Hpr:
    """Calls hpr in a process of its own, in `tmp_path`; keyword arguments are environment variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HPR_")}

    def run(*arguments: object, **environment: str) -> Run:
        return subprocess.run(
            [sys.executable, "-m", "hpr", *map(str, arguments)],
            cwd=tmp_path,
            env=clean | {"COLUMNS": "200", "NO_COLOR": "1"} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run
