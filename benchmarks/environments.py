"""Peers: an environment of its own for each, made on first use, and its program run beside ours."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from schemas.errors import HprError

PROJECT = Path(__file__).resolve().parents[1]
PEERS = Path(__file__).with_name("peers")
ENVIRONMENTS = PROJECT / ".hpr" / "peers"
STOP_SECONDS = 10.0


class PeerError(HprError):
    """A peer could not be installed, or its program failed."""


class Program:
    """A program: one line of JSON in, one line of JSON out; it ends when its input does.

    While it has not been asked it waits for its input, and so takes nothing from what else is measured.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask(self, question: Any) -> Any:
        """The answer to a question. Raises PeerError if the program ended instead."""
        self.tell(question)
        return self.hear()

    def tell(self, question: Any) -> None:
        """Ask, and do not wait for the answer. Raises PeerError if the program has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(question).decode() + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise PeerError(f"the peer {self.name} ended early: see what it wrote above") from error

    def hear(self) -> Any:
        """The answer to what was asked. Raises PeerError if the program ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise PeerError(f"the peer {self.name} ended without an answer: see what it wrote above")
        return orjson.loads(line)


class Peer(Program):
    """A peer's program in Python, in an environment of its own.

    `with_project` lets it import the project's packages.
    """

    def __init__(self, name: str, *arguments: str, with_project: bool = False) -> None:
        command = [str(python_of(name)), str(PEERS / name / f"{name}_peer.py"), *arguments]
        super().__init__(name, command, {"PYTHONPATH": str(PROJECT)} if with_project else {})


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment, which is made if it is missing or its pins have changed.

    A peer without pins is a program of ours and runs in this environment.
    """
    wanted = PEERS / name / "requirements.txt"
    if not wanted.is_file():
        return Path(sys.executable)
    folder = ENVIRONMENTS / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text(encoding="ascii") == digest):
        print(f"installing the peer {name} into {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        for command in _install(folder, python, wanted):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise PeerError(f"the peer {name} could not be installed: {done.stderr.strip()[-500:]}")
        stamp.write_text(digest, encoding="ascii")
    return python


def _install(folder: Path, python: Path, wanted: Path) -> list[list[str]]:
    """Commands that make the environment: uv's where there is one, else those of Python itself."""
    made_here = PROJECT / ".venv" / "tools" / "bin" / "uv"
    uv = shutil.which("uv") or (str(made_here) if made_here.is_file() else None)
    if uv is not None:
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--python", str(python), "--requirement", str(wanted)],
        ]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(wanted)],
    ]
