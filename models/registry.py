"""The registry of form models: a folder of artefacts named by content, and a log of what is in force."""

import shutil
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal, NamedTuple

from msgspec import DecodeError, Struct, ValidationError, json

from models import artefacts
from models.belief import FormModel
from models.guide.model import GuideModel, version_of
from models.trained import TrainedModel
from schemas.errors import HprError, ModelError

Role = Literal["CHAMPION", "CANDIDATE"]
Action = Literal["promote", "rollback", "nominate", "refuse"]
LOG = "log.jsonl"
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


class Registry:
    """Artefacts and a log that only grows, under a folder that need not exist.

    A model of the form guide is a file, `guide-HASH.json`; what `hpr train` makes is a folder, `form-HASH`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[str, FormModel] = {}
        self._seen: tuple[int, int] | None = None
        self._entries: list[Entry] = []

    def model(self, version: str) -> FormModel:
        """The model of a version. Raises ModelError where its file is missing or corrupt, and what to do."""
        found = self._loaded.get(version)
        if found is None:
            found = self._loaded[version] = self._load(version)
        return found

    def versions(self) -> list[str]:
        """All versions at hand, the shipped one first."""
        guides = sorted(path.stem for path in self._folder.glob("guide-*.json"))
        trained = sorted(path.parent.name for path in self._folder.glob(f"form-*/{artefacts.MANIFEST}"))
        return list(dict.fromkeys([shipped().version, *guides, *trained]))

    def add(self, data: bytes) -> str:
        """Keep an artefact of the form guide; its version. Raises ModelError for bytes that are no model."""
        model = GuideModel(data)
        _ = model.artefact
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self._folder / f"{model.version}.json", data)
        return model.version

    def add_folder(self, folder: Path) -> str:
        """Keep a folder of `hpr train`; its version. Raises ModelError where it is none or damaged.

        It is copied whole beside its place and then put there, so that no reader meets a part of it.
        """
        try:
            version, names = TrainedModel.of(folder).version, artefacts.named(folder)
        except HprError as error:
            raise ModelError(f"no model to add: {error}") from error
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=".part-", dir=self._folder))
        try:
            for name in names:
                shutil.copyfile(folder / name, partial / name)
            partial.chmod(0o755)
            self._put(partial, version)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return version

    def _put(self, partial: Path, version: str) -> None:
        """Put a whole folder in its place, unless a whole one is there; a damaged one makes room."""
        place = self._folder / version
        if place.exists():
            try:
                TrainedModel.of(place)
            except HprError:
                shutil.rmtree(place)
            else:
                return
        partial.rename(place)

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
        entries = self.log()
        entry = Entry(len(entries) + 1, action, role, version, reason)
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = b"".join(json.encode(each) + b"\n" for each in [*entries, entry])
        _write(self._folder / LOG, lines)
        return entry

    def rollback(self, reason: str = "") -> Entry:
        """Make the champion before this one champion again. Raises ModelError where there was none."""
        reigns = [shipped().version, *(e.version for e in self.log() if e.role == "CHAMPION")]
        now = reigns[-1]
        before = next((version for version in reversed(reigns) if version != now), None)
        if before is None:
            raise ModelError("there is no earlier champion to go back to")
        return self.act("rollback", "CHAMPION", before, reason)

    def _load(self, version: str) -> FormModel:
        if version == shipped().version:
            return shipped()
        name = Path(version).name
        if name.startswith(artefacts.PREFIX):
            return self._load_trained(name)
        try:
            data = (self._folder / f"{name}.json").read_bytes()
        except OSError as error:
            raise _missing(version) from error
        if version_of(data) != version:
            raise ModelError(f"model {version} is corrupt: its content has another name; add it again")
        model = GuideModel(data)
        _ = model.artefact
        return model

    def _load_trained(self, version: str) -> FormModel:
        folder = self._folder / version
        if not folder.is_dir():
            raise _missing(version)
        try:
            model = TrainedModel.of(folder)
        except HprError as error:
            # Without the folder: what is said in a prediction has to be the same wherever models are kept.
            raise ModelError(f"model {version} is corrupt or of another release: add it again") from error
        if model.version != version:
            raise ModelError(f"model {version} is corrupt: its content has another name; add it again")
        return model


def suits(model: FormModel, country: str | None) -> bool:
    """Whether a model was made for races of a country; an unknown country suits any."""
    held = COUNTRIES.get(model.jurisdiction)
    return held is None or not country or country.upper() in held


def _first(role: Role) -> Choice:
    first = shipped()
    return Choice(0, first.name, first.version if role == "CHAMPION" else "", first.feature_set)


def _missing(version: str) -> ModelError:
    return ModelError(f"model {version} is not in the registry: add it, or roll back")


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)
