"""Any S3-compatible, Google or Azure object store as a place for files, by obstore."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from schemas.errors import StoreError
from streams.archive.store import MissingError, TakenError

TIMEOUT = timedelta(seconds=20)
"""Of one call with its retries: longer trouble is told to the caller, who tries again itself."""


class ObjectStore:
    """An object store by URL. An object is there whole or not at all, and durable once put."""

    def __init__(self, url: str) -> None:
        self.name = url.rstrip("/")
        # Plain HTTP is for stores within one's own network, which have no certificate.
        try:
            self._store = from_url(
                self.name,
                client_options={"timeout": TIMEOUT, "allow_http": True},
                retry_config={"max_retries": 2, "retry_timeout": TIMEOUT},
            )
        except (BaseError, ValueError) as error:
            raise StoreError(f"{url}: no object store: {_words(error)}") from error

    def own(self) -> None:
        """See Store; an object store has no locks."""

    def get(self, path: str) -> bytes:
        """See Store."""
        with self._saying(path, "read"):
            return bytes(self._store.get(path).bytes())

    def put(self, path: str, data: bytes) -> None:
        """See Store."""
        with self._saying(path, "written"):
            self._store.put(path, data, use_multipart=False)

    def put_new(self, path: str, data: bytes) -> None:
        """See Store."""
        with self._saying(path, "written"):
            try:
                self._store.put(path, data, mode="create", use_multipart=False)
            except AlreadyExistsError as error:
                # A put whose answer got lost is tried again, and then finds itself.
                if bytes(self._store.get(path).bytes()) != data:
                    raise TakenError(f"{self.name}/{path}: was written by somebody else") from error

    def delete(self, path: str) -> None:
        """See Store."""
        try:
            with self._saying(path, "deleted"):
                self._store.delete(path)
        except MissingError:
            pass

    def files(self, folder: str) -> list[str]:
        """See Store."""
        with self._saying(folder, "listed"):
            found = self._store.list_with_delimiter(folder or None)
            return sorted(meta["path"].rpartition("/")[2] for meta in found["objects"])

    def folders(self, folder: str) -> list[str]:
        """See Store."""
        with self._saying(folder, "listed"):
            found = self._store.list_with_delimiter(folder or None)
            return sorted(prefix.rstrip("/").rpartition("/")[2] for prefix in found["common_prefixes"])

    @contextmanager
    def _saying(self, path: str, done: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise MissingError(f"{self.name}/{path}: no such file") from error
        except (BaseError, OSError, ValueError) as error:
            raise StoreError(f"{self.name}/{path}: cannot be {done}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """The first line of what the library says: the rest is how its code looks."""
    return (str(error).strip() or repr(error)).splitlines()[0].rstrip(" .:")
