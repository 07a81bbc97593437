"""Where files are kept: a folder, or any object store by URL, behind one small interface."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from schemas.errors import StoreError

LOCK = ".lock"
TORN = ".torn-"
"""How the name of a file begins that has not been written whole."""


class Store(Protocol):
    """Whole files by path, parts of a path split by slashes. All calls raise StoreError where they fail."""

    @property
    def name(self) -> str:
        """What people know it by."""

    def own(self) -> None:
        """Be the only one who writes here; raises StoreError if another process of this machine does.

        Nobody can see that of an object store: there it is for the operator to start one sink only.
        """

    def get(self, path: str) -> bytes:
        """The bytes of a file; raises MissingError if there is none."""

    def put(self, path: str, data: bytes) -> None:
        """Write a file whole or not at all, over one that is there. Durable when this returns."""

    def put_new(self, path: str, data: bytes) -> None:
        """The same, but raises TakenError if there is a file with other bytes."""

    def delete(self, path: str) -> None:
        """Delete a file; one that is gone already is no error."""

    def files(self, folder: str) -> list[str]:
        """Names of the files right under a folder, sorted; none if there is no such folder."""

    def folders(self, folder: str) -> list[str]:
        """Names of the folders right under a folder, sorted."""


class MissingError(StoreError):
    """There is no such file."""


class TakenError(StoreError):
    """Another file has that name: somebody else writes here too."""


class FolderStore:
    """A folder of this machine. A file is written under another name, synced, then given its own."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock: int | None = None
        """A handle that lives as long as the process."""

    @property
    def name(self) -> str:
        """The folder's path."""
        return str(self._root)

    def own(self) -> None:
        """See Store; the lock goes with the process, however it ends."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._root / LOCK, os.O_CREAT | os.O_WRONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"{self._root}: another process writes here: end it first") from error
        except OSError as error:
            raise StoreError(f"{self._root}: cannot be written: {error.strerror}") from error

    def get(self, path: str) -> bytes:
        """See Store."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError as error:
            raise MissingError(f"{self._root / path}: no such file") from error
        except OSError as error:
            raise StoreError(f"{self._root / path}: cannot be read: {error.strerror}") from error

    def put(self, path: str, data: bytes) -> None:
        """See Store."""
        with self._written(path, data) as (torn, file):
            torn.rename(file)

    def put_new(self, path: str, data: bytes) -> None:
        """See Store."""
        with self._written(path, data) as (torn, file):
            try:
                os.link(torn, file)
            except FileExistsError as error:
                if file.read_bytes() != data:
                    raise TakenError(f"{file}: was written by somebody else") from error

    @contextlib.contextmanager
    def _written(self, path: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        file = self._root / path
        torn = file.with_name(TORN + secrets.token_hex(4))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with torn.open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            yield torn, file
            _sync_folder(file.parent)
        except OSError as error:
            raise StoreError(f"{file}: cannot be written: {error.strerror}") from error
        finally:
            with contextlib.suppress(OSError):
                torn.unlink(missing_ok=True)

    def delete(self, path: str) -> None:
        """See Store; a folder that is left empty goes too."""
        try:
            (self._root / path).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self._root / path}: cannot be deleted: {error.strerror}") from error
        with contextlib.suppress(OSError):
            (self._root / path).parent.rmdir()

    def files(self, folder: str) -> list[str]:
        """See Store; those not written whole are among them."""
        return sorted(entry.name for entry in self._entries(folder) if entry.is_file())

    def folders(self, folder: str) -> list[str]:
        """See Store."""
        return sorted(entry.name for entry in self._entries(folder) if entry.is_dir())

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / folder) as found:
                return list(found)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise StoreError(f"{self._root / folder}: cannot be listed: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_store(where: str) -> Store:
    """The store at a folder's path or a URL such as s3://bucket/prefix.

    Credentials and endpoint of an object store come from its usual variables (AWS_ACCESS_KEY_ID,
    AWS_ENDPOINT and so on). Raises StoreError for a URL that is not understood.
    """
    if "://" not in where:
        return FolderStore(Path(where))
    from streams.archive.objects import ObjectStore

    return ObjectStore(where)
