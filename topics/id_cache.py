"""The ids of an external registry kept in a file, and asked for when a record brings one that is not."""

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from schemas.errors import HprError, SchemaError, UnknownSchemaError
from schemas.history import History, Version
from schemas.sources import Json
from topics.registry import UNREADABLE, Registry

log = structlog.get_logger("hpr.registry")

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
"""A registry that was away is left alone for a second, then twice as long each time, up to this."""

ABSENT_SECONDS = 60.0
"""How long an id that the registry did not know is not asked for again."""
MANY_ABSENT = 10_000

MODE = 0o644
"""What the file may be: others read it, such as a worker that runs as another user."""


class _Kept(msgspec.Struct):
    registry: str
    subjects: dict[str, tuple[Version, ...]]
    schemas: dict[int, Json]


def cache_file(folder: Path, url: str, prefix: str = "") -> Path:
    """Where the ids of a registry and a topic prefix are kept."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", f"{url.partition('://')[2]} {prefix}").strip("-.")
    return folder / f"{name}.json"


def read(file: Path, url: str) -> History:
    """The ids kept in `file`; none if there is no file or it is another registry's.

    Raises SchemaError, saying what to do, if it cannot be read.
    """
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (FileNotFoundError, NotADirectoryError):
        return History({}, {})
    except OSError as error:
        raise SchemaError(
            f"{file} cannot be read: {error.strerror}; give HPR_REGISTRY_CACHE another folder"
        ) from error
    except UNREADABLE as error:
        raise SchemaError(f"{file} holds no schema ids ({error}): run `hpr schemas fetch`") from error
    return History(kept.subjects, kept.schemas) if kept.registry == url else History({}, {})


def write(file: Path, url: str, history: History) -> None:
    """Keep `history` in `file`, which is there whole or as it was at any moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.encode(_Kept(url, history.subjects, history.schemas))
    descriptor, name = tempfile.mkstemp(prefix=file.name, dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            os.fchmod(descriptor, MODE)
            out.write(content)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def keep(file: Path, url: str, history: History) -> None:
    """`write` where that is possible: ids in hand are good without the file, so it only warns."""
    try:
        write(file, url, history)
    except OSError as error:
        log.warning("schema ids not kept", file=str(file), why=str(error))


class Finder:
    """Asks a registry for ids that were met in records, and remembers them in `file`.

    While the registry is away it is left alone for longer and longer.
    """

    def __init__(self, registry: Registry, file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._pause = 0.0
        self._ask_after = 0.0
        self._why = ""
        self._absent: dict[int, float] = {}
        self._found: dict[int, Json] = {}

    def find(self, id: int) -> Json:
        """The schema of `id`. Raises UnknownSchemaError if the registry has none, or is away."""
        with self._lock:
            if id in self._found:
                return self._found[id]
            now = self._clock()
            if now < self._ask_after:
                raise UnknownSchemaError(f"schema id {id} is not among those kept, and {self._why}")
            if now < self._absent.get(id, now):
                raise UnknownSchemaError(f"schema id {id} is not known at {self._registry.url}")
            schema = self._found[id] = self._ask(id)
            self._remember(id, schema)
            return schema

    def _ask(self, id: int) -> Json:
        try:
            schema = self._registry.schema(id)
        except HprError as error:
            self._pause = min(max(2 * self._pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
            self._ask_after = self._clock() + self._pause
            self._why = str(error)
            log.warning("schema registry away", why=self._why, again_in_seconds=self._pause)
            raise UnknownSchemaError(f"schema id {id} is not among those kept, and {error}") from error
        self._pause = 0.0
        if schema is None:
            if len(self._absent) >= MANY_ABSENT:
                self._absent.clear()
            self._absent[id] = self._clock() + ABSENT_SECONDS
            raise UnknownSchemaError(f"schema id {id} is not known at {self._registry.url}")
        return schema

    def _remember(self, id: int, schema: Json) -> None:
        """Keep what was found, next to what other processes found meanwhile."""
        try:
            kept = read(self._file, self._registry.url)
            write(self._file, self._registry.url, History(kept.subjects, {**kept.schemas, id: schema}))
        except (OSError, SchemaError) as error:
            log.warning("schema id not kept in the file", id=id, why=str(error))
