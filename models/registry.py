"""The registry of form models: a folder of artefacts named by content, and a log of what is in force."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import DecodeError, Struct, ValidationError, json

from models.belief import FormModel
from models.guide.model import GuideModel, version_of
from schemas.errors import ModelError

Role = Literal["CHAMPION", "CANDIDATE"]
Action = Literal["promote", "rollback", "nominate", "refuse"]
LOG = "log.jsonl"
USUAL_FOLDER = ".hpr/models"
"""Where models are found unless a setting says otherwise."""


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
    """Artefacts and a log that only grows, under a folder that need not exist."""

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
        kept = sorted(path.stem for path in self._folder.glob("guide-*.json"))
        return list(dict.fromkeys([shipped().version, *kept]))

    def add(self, data: bytes) -> str:
        """Keep an artefact; its version. Raises ModelError for bytes that are no model."""
        model = GuideModel(data)
        _ = model.artefact
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self._folder / f"{model.version}.json", data)
        return model.version

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
            first = shipped()
            return Choice(0, first.name, first.version if role == "CHAMPION" else "", first.feature_set)
        if not last.version:
            return Choice(last.number, "", "", "")
        model = self.model(last.version)
        return Choice(last.number, model.name, last.version, model.feature_set)

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
        first = shipped()
        if version == first.version:
            return first
        path = self._folder / f"{version}.json"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelError(f"model {version} is not in the registry: add it, or roll back") from error
        if version_of(data) != version:
            raise ModelError(f"model {version} is corrupt: its content has another name; add it again")
        model = GuideModel(data)
        _ = model.artefact
        return model


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)
