"""The registry of form models: artefacts named by content, and a log of what is in force, in a store."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal, NamedTuple, Protocol

from msgspec import DecodeError, Struct, ValidationError, json

from models import artefacts
from models.belief import FormModel
from models.guide.model import GuideModel, version_of
from models.trained import TrainedModel
from schemas.errors import HprError, ModelError

Role = Literal["CHAMPION", "CANDIDATE"]
Action = Literal["promote", "rollback", "nominate", "refuse"]
LOG = "log.jsonl"
MLFLOW = ("mlflow:", "mlflow+")
"""What the address of a registry in MLflow begins with."""
USUAL_FOLDER = ".hpr/models"
"""Where models are found unless a setting says otherwise."""

COUNTRIES: Mapping[str, frozenset[str]] = {
    "hong-kong": frozenset(("HK",)),
    "uk-ire": frozenset(("GB", "UK", "IE", "IRE")),
}
"""Countries of a jurisdiction's races, as cards name them; of a jurisdiction not named here, any."""


class Choice(NamedTuple):
    """Which version has a role, since entry `number` of the log; 0 is what this release ships."""

    number: int
    model: str
    version: str
    feature_set: str


class Entry(Struct, frozen=True):
    """One line of the log."""

    number: int
    action: Action
    role: Role
    version: str
    reason: str = ""


@cache
def shipped() -> GuideModel:
    """The model that this release ships: trained on the simulator's world."""
    return GuideModel(files("models.guide").joinpath("simulator.json").read_bytes())


class Store(Protocol):
    """Where models and the log are kept: a folder, or MLflow (`models/mlflow_store.py`)."""

    def model(self, version: str) -> FormModel:
        """The model of a version, its content checked. Raises ModelError for a missing or corrupt one."""

    def versions(self) -> list[str]:
        """All versions kept."""

    def add(self, data: bytes) -> str:
        """Keep an artefact of the form guide; its version. Raises ModelError for bytes that are no model."""

    def add_folder(self, folder: Path) -> str:
        """Keep a folder of `hpr train`; its version. Raises ModelError where it is none or damaged."""

    def log(self) -> list[Entry]:
        """What was done, the oldest first, numbered from 1. Raises ModelError where it is damaged."""

    def append(self, entry: Entry) -> None:
        """Write down what is done next."""


class FolderStore:
    """Artefacts and a log that only grows, under a folder that need not exist.

    A model of the form guide is a file, `guide-HASH.json`; what `hpr train` makes is a folder, `form-HASH`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._entries: list[Entry] = []

    def model(self, version: str) -> FormModel:
        """The model of a version. Raises ModelError where its file is missing or corrupt, and what to do."""
        name = Path(version).name
        if name.startswith(artefacts.PREFIX):
            return self._trained(name)
        try:
            data = (self._folder / f"{name}.json").read_bytes()
        except OSError as error:
            raise missing(version) from error
        if version_of(data) != version:
            raise corrupt(version)
        model = GuideModel(data)
        _ = model.artefact
        return model

    def _trained(self, version: str) -> FormModel:
        folder = self._folder / version
        if not folder.is_dir():
            raise missing(version)
        try:
            model = TrainedModel.of(folder)
        except HprError as error:
            raise of_another_release(version) from error
        if model.version != version:
            raise corrupt(version)
        return model

    def versions(self) -> list[str]:
        """All versions kept, guides first."""
        guides = sorted(path.stem for path in self._folder.glob("guide-*.json"))
        trained = sorted(path.parent.name for path in self._folder.glob(f"form-*/{artefacts.MANIFEST}"))
        return [*guides, *trained]

    def files(self, version: str) -> list[Path]:
        """The files of a version that is kept; raises HprError where its manifest is damaged."""
        if version.startswith(artefacts.PREFIX):
            return [self._folder / version / name for name in artefacts.named(self._folder / version)]
        return [self._folder / f"{version}.json"]

    def add(self, data: bytes) -> str:
        """Keep an artefact of the form guide; its version. Raises ModelError for bytes that are no model."""
        model = GuideModel(data)
        _ = model.artefact
        self._write(f"{model.version}.json", data)
        return model.version

    def add_folder(self, folder: Path) -> str:
        """Keep a folder of `hpr train`; its version. Raises ModelError where it is none or damaged.

        It is copied whole beside its place and then put there, so that no reader meets a part of it.
        """
        try:
            version, names = TrainedModel.of(folder).version, artefacts.named(folder)
        except HprError as error:
            raise ModelError(f"no model to add: {error}") from error
        with self.room() as partial:
            for name in names:
                shutil.copyfile(folder / name, partial / name)
            partial.chmod(0o755)
            self._put(partial, version)
        return version

    @contextmanager
    def room(self) -> Iterator[Path]:
        """An empty folder beside what is kept, gone afterwards unless it was put in a place."""
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=".part-", dir=self._folder))
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _put(self, partial: Path, version: str) -> None:
        """Put a whole folder in its place, unless a whole one is there; a damaged one makes room."""
        place = self._folder / version
        if place.exists():
            if _is_whole(place):
                return
            shutil.rmtree(place)
        try:
            partial.rename(place)
        except OSError:
            # Another process put the same there in the meantime.
            if not _is_whole(place):
                raise

    def log(self) -> list[Entry]:
        """What was done, the oldest first. Raises ModelError where the log is damaged."""
        path = self._folder / LOG
        if not path.exists():
            return []
        stat = path.stat()
        if (stat.st_mtime_ns, stat.st_size) != self._seen:
            try:
                self._entries = [json.decode(line, type=Entry) for line in path.read_bytes().splitlines()]
            except (DecodeError, ValidationError) as error:
                raise ModelError(f"{path} is damaged ({error}): restore it or move it away") from error
            self._seen = stat.st_mtime_ns, stat.st_size
        return self._entries

    def append(self, entry: Entry) -> None:
        """Write down what is done next: the log is replaced as a whole."""
        self._write(LOG, b"".join(json.encode(each) + b"\n" for each in [*self.log(), entry]))

    def _write(self, name: str, data: bytes) -> None:
        """Whole or not at all, whoever else writes the same at the same time."""
        with self.room() as partial:
            (partial / name).write_bytes(data)
            (partial / name).replace(self._folder / name)


class Registry:
    """What is in force of the models that a store keeps; a folder is named by its path."""

    def __init__(self, place: Path | Store) -> None:
        self._store: Store = FolderStore(place) if isinstance(place, Path) else place
        self._loaded: dict[str, FormModel] = {}

    def model(self, version: str) -> FormModel:
        """The model of a version. Raises ModelError where its file is missing or corrupt, and what to do."""
        found = self._loaded.get(version)
        if found is None:
            found = shipped() if version == shipped().version else self._store.model(version)
            self._loaded[version] = found
        return found

    def versions(self) -> list[str]:
        """All versions at hand, the shipped one first."""
        return list(dict.fromkeys([shipped().version, *self._store.versions()]))

    def add(self, data: bytes) -> str:
        """Keep an artefact of the form guide; its version. Raises ModelError for bytes that are no model."""
        return self._store.add(data)

    def add_folder(self, folder: Path) -> str:
        """Keep a folder of `hpr train`; its version. Raises ModelError where it is none or damaged."""
        return self._store.add_folder(folder)

    def log(self) -> list[Entry]:
        """What was done, the oldest first. Raises ModelError where the log is damaged."""
        return self._store.log()

    def choice(self, role: Role) -> Choice:
        """What has a role now; without a candidate its version is empty."""
        last = next((entry for entry in reversed(self.log()) if entry.role == role), None)
        if last is None:
            return _first(role)
        if not last.version:
            return Choice(last.number, "", "", "")
        model = self.model(last.version)
        return Choice(last.number, model.name, last.version, model.feature_set)

    def suited(self, choice: Choice, role: Role, country: str | None) -> Choice:
        """The choice, or what the release ships where the model was made for other races than a country's."""
        if not choice.version or suits(self.model(choice.version), country):
            return choice
        return _first(role)._replace(number=choice.number)

    def act(self, action: Action, role: Role, version: str, reason: str = "") -> Entry:
        """Write down who has a role from now on; `version` empty: nobody. Raises ModelError for no model."""
        if version:
            self.model(version)
        entry = Entry(len(self.log()) + 1, action, role, version, reason)
        self._store.append(entry)
        return entry

    def rollback(self, reason: str = "") -> Entry:
        """Make the champion before this one champion again. Raises ModelError where there was none."""
        reigns = [shipped().version, *(e.version for e in self.log() if e.role == "CHAMPION")]
        now = reigns[-1]
        before = next((version for version in reversed(reigns) if version != now), None)
        if before is None:
            raise ModelError("there is no earlier champion to go back to")
        return self.act("rollback", "CHAMPION", before, reason)


def store_at(place: str, cache: Path) -> Store:
    """The store of a setting: a folder, or MLflow, from which models are fetched into `cache`.

    MLflow is `mlflow:FOLDER` or `mlflow+http://HOST:PORT`. Raises SettingsError for another such address,
    and where MLflow is not installed.
    """
    if not place.startswith(MLFLOW):
        return FolderStore(Path(place))
    from models.mlflow_store import MlflowStore

    return MlflowStore(place, cache)


def suits(model: FormModel, country: str | None) -> bool:
    """Whether a model was made for races of a country; an unknown country suits any."""
    held = COUNTRIES.get(model.jurisdiction)
    return held is None or not country or country.upper() in held


def _first(role: Role) -> Choice:
    first = shipped()
    return Choice(0, first.name, first.version if role == "CHAMPION" else "", first.feature_set)


def missing(version: str) -> ModelError:
    """What is said of a version that is not kept."""
    return ModelError(f"model {version} is not in the registry: add it, or roll back")


def corrupt(version: str) -> ModelError:
    """What is said of a version whose content is another."""
    return ModelError(f"model {version} is corrupt: its content has another name; add it again")


def of_another_release(version: str) -> ModelError:
    """What is said of a version that is damaged, without its place.

    What is said in a prediction has to be the same wherever models are kept.
    """
    return ModelError(f"model {version} is corrupt or of another release: add it again")


def _is_whole(folder: Path) -> bool:
    try:
        TrainedModel.of(folder)
    except HprError:
        return False
    return True
