"""Where a registry can be, for tests that hold for each: a folder, or an MLflow in one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from models.mlflow_client import connect, parse
from models.mlflow_store import MlflowStore
from models.registry import Registry


class Place(Protocol):
    """Opened as often as there are processes."""

    def open(self) -> Registry:
        """A registry as another process has it."""

    def kept(self, version: str) -> Path:
        """The file or folder of a version, where it is kept for all."""

    def write_log(self, text: str) -> None:
        """Put a line into the log by hand."""

    def remains(self) -> list[Path]:
        """What lies there that is no version."""


@dataclass
class Folder:
    """A folder."""

    folder: Path

    def open(self) -> Registry:
        return Registry(self.folder)

    def kept(self, version: str) -> Path:
        return self.folder / (version if version.startswith("form-") else f"{version}.json")

    def write_log(self, text: str) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "log.jsonl").write_text(text)

    def remains(self) -> list[Path]:
        return list(self.folder.iterdir())


@dataclass
class Mlflow:
    """An MLflow in a folder, shared by tests, a name each; every process fetches into a cache of its own."""

    address: str
    root: Path
    caches: Iterator[int] = field(default_factory=count)

    def store(self) -> MlflowStore:
        return MlflowStore(self.address, self.root / f"cache-{next(self.caches)}")

    def open(self) -> Registry:
        return Registry(self.store())

    def kept(self, version: str) -> Path:
        address = parse(self.address)
        client = connect(address)
        found = client.search_model_versions(f"name='{address.name}' and tags.version='{version}'")
        folder = Path(max(found, key=lambda each: int(each.version)).source.removeprefix("file://"))
        return folder if version.startswith("form-") else folder / f"{version}.json"

    def write_log(self, text: str) -> None:
        address = parse(self.address)
        client = connect(address)
        client.create_registered_model(address.name)
        client.set_registered_model_tag(address.name, "log.000001", text)

    def remains(self) -> list[Path]:
        return [path for cache in self.root.glob("cache-*") for path in cache.iterdir()]
