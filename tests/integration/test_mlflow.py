"""The registry of models on a real MLflow server: promoted, followed, rolled back, and the server gone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from msgspec import json

from deploy.kafka.node import free_port
from hpr.models_registry import followed, models_of
from hpr.settings import Settings, settings
from models.mlflow_client import ENVIRONMENT
from models.registry import Choice, Registry, shipped
from models.succession import promote
from schemas.errors import LibraryError
from streams.followed import Followed
from tests.integration.services import wait_until
from tests.models.trained_world import written

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 180.0
"""MLflow takes ten seconds of a quiet machine to start."""


@dataclass
class Server:
    """An MLflow server, and what it has in its folder."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def settings(self, cache: str) -> Settings:
        """As a process with a cache of its own has them."""
        place = f"mlflow+http://127.0.0.1:{self.port}#races"
        return settings(models=place, models_cache=str(self.folder / cache))

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health").is_success
        except httpx.TransportError:
            return False

    def end(self) -> None:
        """As an operator would."""
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.integration.mlflow_server", str(folder), str(port)]
    quiet = {**os.environ, **ENVIRONMENT, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT, env=quiet)
    server = Server(folder, port, process)
    try:
        yield server
    finally:
        if process.poll() is None:
            server.end()


@contextmanager
def following(chosen: Settings) -> Iterator[Registry]:
    """The registry as a worker has it."""
    store = followed(chosen)
    assert isinstance(store, Followed)
    try:
        yield Registry(store)
    finally:
        store.stop()


def test_promoted_on_a_server_a_worker_has_it_and_keeps_it_when_the_server_is_gone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(tmp_path) as server:
        wait_until(server.answers, "MLflow answers", SECONDS)
        here = models_of(server.settings("here"))
        assert here.versions() == [shipped().version]
        manifest = written(tmp_path / "trained")
        trained = here.add_folder(tmp_path / "trained")
        guide = here.add(json.encode({**json.decode(shipped().data), "trained_on": "a test"}))
        assert here.versions() == [shipped().version, guide, trained]

        with following(server.settings("there")) as worker:
            assert worker.choice("CHAMPION")[:3] == (0, "guide", shipped().version)
            promote(here, trained, "better")
            wait_until(
                lambda: worker.choice("CANDIDATE").version == shipped().version, "the worker has it", 10
            )
            assert worker.choice("CHAMPION") == Choice(1, "form", trained, "form-book-2")
            assert json.decode(worker.model(trained).data)["data_hash"] == manifest.data_hash
            assert here.rollback("worse").version == shipped().version
            wait_until(lambda: worker.choice("CHAMPION").number == 3, "the worker goes back", 10)

            # MLflow itself prints nothing: what a command prints is what it found.
            assert capfd.readouterr() == ("", "")
            server.end()
            with pytest.raises(
                LibraryError, match=r"^MLflow at http://127.0.0.1:\d+ does not answer: start it"
            ):
                here.log()
            assert worker.choice("CHAMPION").number == 3
            assert worker.model(trained).version == trained
