"""MLflow's address, its quiet import, and what is said where it is missing or away."""

import fcntl
import os
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import pytest

from deploy.kafka.node import free_port
from models import mlflow_client
from models.mlflow_client import LOCK, connect, load, parse, speaking
from models.mlflow_store import MlflowStore
from models.registry import FolderStore, store_at
from schemas.errors import LibraryError, SettingsError


def test_a_plain_path_is_a_folder_and_needs_no_mlflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert isinstance(store_at(str(tmp_path / "models"), tmp_path / "cache"), FolderStore)


def test_it_is_not_imported_before_it_is_used() -> None:
    code = (
        "import sys, hpr.cli, hpr.models_registry, models.mlflow_store, streams.followed;"
        "print('mlflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_address_without_a_server_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = parse("mlflow:runs")
    assert found.uri == f"sqlite:///{tmp_path}/runs/mlflow.db"
    assert (found.folder, found.name) == (tmp_path / "runs", "horseracepro")
    assert str(found) == f"MLflow in {tmp_path}/runs"
    assert parse("mlflow:/srv/runs#night").name == "night"


def test_an_address_of_a_server_shows_no_password() -> None:
    found = parse("mlflow+https://me:s%40cret@mlflow.example.org:8443/tracking/#night")
    assert found.uri == "https://mlflow.example.org:8443/tracking"
    assert (found.user, found.password, found.name) == ("me", "s@cret", "night")
    assert str(found) == "MLflow at https://mlflow.example.org:8443/tracking"
    assert parse("mlflow+http://[::1]:5000").uri == "http://[::1]:5000"


@pytest.mark.parametrize(
    "place",
    ["mlflow:", "mlflow://host", "mlflow+", "mlflow+http://", "mlflow+ftp://host", "mlflow+http://host:x",
     "mlflow+file:///srv/runs", "mlflow+http://me:secret@host?a=b"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_says_what_is_one(place: str) -> None:
    with pytest.raises(
        SettingsError, match=r"name a folder, mlflow:FOLDER, or mlflow\+http://HOST:PORT"
    ) as told:
        parse(place)
    assert "secret" not in str(told.value)


def test_a_name_that_mlflow_cannot_have_is_refused() -> None:
    with pytest.raises(SettingsError, match="what is behind # is no name in MLflow"):
        parse("mlflow:runs#a b")


@pytest.mark.parametrize(
    "password", ["se#cret", "se/cret", "5/cret", "se?cret", "se[cret", "se]cret", "se\u2100cret", "5#cret"]
)
def test_no_part_of_a_password_written_as_it_is_is_said(password: str) -> None:
    with pytest.raises(SettingsError) as told:
        parse(f"mlflow+http://user:{password}@host:5000")
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__ or told.value.__context__ is None
    assert "cret" not in str(told.value)
    assert "'se" not in str(told.value)


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(SettingsError, match=r'pip install "horseracepro\[mlflow\]"'):
        MlflowStore(f"mlflow:{tmp_path}", tmp_path / "cache")


def test_nothing_is_told_to_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*mlflow_client.ENVIRONMENT, *mlflow_client.USUAL):
        monkeypatch.delenv(name, raising=False)
    load(parse(f"mlflow:{tmp_path}"))
    assert import_module("mlflow.telemetry.utils").is_telemetry_disabled()
    assert import_module("mlflow.telemetry.client").get_telemetry_client() is None


def test_what_the_environment_says_of_waiting_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    load(parse("mlflow+http://me:secret@127.0.0.1:1"))
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "3"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "me"
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}")


def test_a_server_that_is_away_is_said_with_what_to_do() -> None:
    address = parse(f"mlflow+http://127.0.0.1:{free_port()}")
    with (
        pytest.raises(
            LibraryError, match=r"^MLflow at http://127.0.0.1:\d+ does not answer: start it"
        ) as told,
        speaking(address),
    ):
        connect(address).get_registered_model("horseracepro")
    assert "\n" not in str(told.value)


def test_a_folder_whose_database_is_damaged_is_said(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database " * 100)
    with pytest.raises(LibraryError, match=r"^MLflow in .* cannot be used .*: restore its folder") as told:
        connect(parse(f"mlflow:{tmp_path}"))
    assert "\n" not in str(told.value)


def test_one_process_at_a_time_makes_the_database(mlflow_folder: Path) -> None:
    address = parse(f"mlflow:{mlflow_folder}")
    connect(address)
    with (mlflow_folder / LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        other = threading.Thread(target=connect, args=(address,))
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join(30)
    assert not other.is_alive()


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), speaking(parse("mlflow:runs")):
        _ = 1 / 0
