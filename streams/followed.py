"""A registry elsewhere, followed by a thread of its own: whoever scores races waits for no network."""

import threading
from pathlib import Path

import structlog

from models.belief import FormModel
from models.registry import Entry, Store, shipped
from schemas.errors import LibraryError, ModelError

log = structlog.get_logger("hpr.models")

SECONDS = 0.5
"""Between two looks at the log: a promoted version is live within a second."""

PATIENCE_SECONDS = 2.0
"""Longest wait of the stream for a model, once a version: less than the group waits for the worker."""

LACKING_LOOKS = 20
"""Looks between two tries for a model that could not be had: a damaged one would be fetched all the time."""


class Followed:
    """A store as it was at the last look, with the models that its log names at hand.

    A model that the log names no more, which a race has pinned, is waited for when it is first asked for, so
    that what is said is the same as in a replay; one that could not be had is then tried by the thread.
    """

    def __init__(self, store: Store, seconds: float = SECONDS) -> None:
        self._store = store
        self._seconds = seconds
        self._entries: list[Entry] | None = None
        self._away = ""
        self._looks = 0
        self._models: dict[str, FormModel] = {}
        self._lacking: dict[str, str] = {}
        """Why, by version."""
        self._fetching = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="models", daemon=True)

    def start(self) -> "Followed":
        """Look once, and go on looking beside. Without an answer nothing is known until there is one."""
        self.look()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.look()
            except Exception as error:
                # A thread that ended would be missed by nobody: another look is made whatever went wrong.
                self._doubt(repr(error))

    def _doubt(self, why: str) -> None:
        """Say why the log is not known, once for as long as it is the same."""
        if self._away != why:
            self._away = why
            log.warning("the registry of models cannot be read", error=why)

    def look(self) -> None:
        """Read the log; it counts from when the models that have a role by it are at hand."""
        try:
            entries = self._store.log()
            again = bool(self._away) or self._looks % LACKING_LOOKS == 0
            self._looks += 1
            named = {entry.role: entry.version for entry in entries}.values()
            for version in [each for each in named if each] + list(self._lacking):
                if again or version not in self._lacking:
                    self._have(version)
        except ModelError as error:
            # It is away, or its log is damaged.
            self._doubt(str(error))
            return
        if self._away:
            self._away = ""
            log.warning("the registry of models is read again")
        self._entries = entries

    def _have(self, version: str) -> None:
        """Get a model at hand, or keep why it is lacking. Raises what is not its fault, as LibraryError."""
        with self._fetching:
            if version in self._models or version == shipped().version:
                return
            try:
                self._models[version] = self._store.model(version)
            except Exception as error:
                if isinstance(error, LibraryError) or not isinstance(error, ModelError):
                    self._lacking[version] = _not_now(version)
                    raise
                self._lacking[version] = str(error)
            else:
                self._lacking.pop(version, None)

    def model(self, version: str) -> FormModel:
        """The model of a version. Raises LibraryError, without an address: it may be there another time."""
        found = self._models.get(version)
        if found is None and version not in self._lacking:
            fetching = threading.Thread(target=self._fetch, args=(version,), daemon=True)
            fetching.start()
            fetching.join(PATIENCE_SECONDS)
            found = self._models.get(version)
        if found is None:
            raise LibraryError(self._lacking.setdefault(version, _not_now(version)))
        return found

    def _fetch(self, version: str) -> None:
        try:
            self._have(version)
        except LibraryError:
            # Said by whoever looks.
            return
        except Exception as error:
            log.warning("a model cannot be fetched", version=version, error=repr(error))

    def log(self) -> list[Entry]:
        """What was done, as of the last look. Raises LibraryError where it was never read."""
        if self._entries is None:
            raise LibraryError(self._away or "the registry of models was not read yet")
        return self._entries

    def versions(self) -> list[str]:
        """All versions kept."""
        return self._store.versions()

    def add(self, data: bytes) -> str:
        """Keep an artefact of the form guide; its version."""
        return self._store.add(data)

    def add_folder(self, folder: Path) -> str:
        """Keep a folder of `hpr train`; its version."""
        return self._store.add_folder(folder)

    def append(self, entry: Entry) -> None:
        """Write down what is done next."""
        self._store.append(entry)
        self.look()


def _not_now(version: str) -> str:
    return f"model {version} cannot be fetched now"
