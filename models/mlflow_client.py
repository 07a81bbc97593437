"""MLflow's client for the registry of models: its address, its quiet import, and its errors in one line."""

import fcntl
import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from schemas.errors import LibraryError, SettingsError

USUAL_NAME = "horseracepro"
"""Experiment and registered model, unless the address says `#another`."""

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Nobody is told that MLflow is used, and it writes nothing to the terminal."""

USUAL = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
}
"""Unless the environment says otherwise: MLflow itself would wait for a server for minutes."""

_UNANSWERED = re.compile(r"failed with (timeout )?exception")
LOCK = ".lock"
_PACKAGES = ("mlflow", "requests", "sqlalchemy", "sqlite3", "alembic")
_ADVICE = (
    "name a folder, mlflow:FOLDER, or mlflow+http://HOST:PORT, with #NAME for another than " + USUAL_NAME
)


class Address(NamedTuple):
    """Where an MLflow is, and the name in it of experiment and registered model."""

    uri: str
    """As MLflow reads it, without a password."""
    folder: Path | None
    """Of an MLflow without a server."""
    name: str
    user: str | None = None
    password: str | None = None

    def __str__(self) -> str:
        """For people."""
        return f"MLflow in {self.folder}" if self.folder is not None else f"MLflow at {self.uri}"


def parse(place: str) -> Address:
    """The address in a setting; raises SettingsError for what is none.

    Nothing of it is said again: where it is not understood any part may be of a password.
    """
    bare, _, name = place.partition("#")
    if not re.fullmatch(r"[\w.-]*", name, re.ASCII):
        raise SettingsError(
            "models: what is behind # is no name in MLflow: use letters, digits and . _ -, "
            "and write a # of a password as %23"
        )
    name = name or USUAL_NAME
    if bare.startswith("mlflow:") and (path := bare.removeprefix("mlflow:")) and not path.startswith("//"):
        folder = Path(path).resolve()
        return Address(f"sqlite:///{folder / 'mlflow.db'}", folder, name)
    url = bare.removeprefix("mlflow+")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(f"models: not understood: {_ADVICE}") from None
    # An @ behind the host: a password with a / as it is, of which the rest would be shown as the path.
    beyond = parts.query or "@" in parts.path
    if bare == url or parts.scheme not in ("http", "https") or not parts.hostname or beyond:
        raise SettingsError(f"models: not understood: {_ADVICE}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    uri = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
    return Address(uri, None, name, user, password)


def load(address: Address) -> Any:
    """The package, imported now since it takes seconds. Raises SettingsError where it is not installed."""
    os.environ.update(ENVIRONMENT)
    credentials = {"MLFLOW_TRACKING_USERNAME": address.user, "MLFLOW_TRACKING_PASSWORD": address.password}
    os.environ.update({key: value for key, value in credentials.items() if value})
    for key, value in USUAL.items():
        os.environ.setdefault(key, value)
    # Every try at a server that is away would be a line of its own beside ours.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # Of its own parts and of what it uses, which nobody here can mend.
        warnings.simplefilter("ignore")
        try:
            return import_module("mlflow")
        except ImportError as error:
            needed = f'pip install "horseracepro[mlflow]" ({error})'
            raise SettingsError(f"models: {address} needs a part that is not installed: {needed}") from error


def connect(address: Address) -> Any:
    """A client. Without a server its database is made, or brought up to date."""
    mlflow = load(address)
    with warnings.catch_warnings(), speaking(address), _alone(address.folder):
        warnings.simplefilter("ignore")
        return mlflow.MlflowClient(tracking_uri=address.uri, registry_uri=address.uri)


@contextmanager
def _alone(folder: Path | None) -> Iterator[None]:
    """One process at a time makes the database: MLflow's first steps in it are no transaction."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def speaking(address: Address) -> Iterator[None]:
    """What MLflow raises within, as LibraryError in one line that says what to do."""
    try:
        yield
    except Exception as error:
        # By the package, which is imported only once it is used: MLflow's own, of requests, of its database.
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _PACKAGES:
            raise
        raise _in_words(address, error) from error


def is_unknown(error: LibraryError) -> bool:
    """Whether MLflow said that there is no such thing."""
    return getattr(error.__cause__, "error_code", "") == "RESOURCE_DOES_NOT_EXIST"


def _in_words(address: Address, error: Exception) -> LibraryError:
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
    if address.folder is None and _UNANSWERED.search(str(error)):
        return LibraryError(
            f"{address} does not answer: start it (mlflow server), or set HPR_MODELS to where models are kept"
        )
    if address.folder is None:
        return LibraryError(f"{address} refused: {first}")
    return LibraryError(f"{address} cannot be used ({first}): restore its folder, or name another")
