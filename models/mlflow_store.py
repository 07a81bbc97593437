"""Models and the log in MLflow: a run and a model version each, roles as aliases, the log as tags."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import DecodeError, ValidationError, json

from models.belief import FormModel
from models.mlflow_client import Address, connect, is_unknown, load, parse, speaking
from models.mlflow_facts import facts_of
from models.registry import Action, Entry, FolderStore, Role, corrupt, missing, of_another_release, shipped
from schemas.errors import HprError, LibraryError, ModelError

ALIASES: Mapping[Role, str] = {"CHAMPION": "champion", "CANDIDATE": "candidate"}
LOG_TAG = "log."
"""Tags of the registered model are its log: `log.000001` holds the first entry as JSON."""

VERSION_TAG = "version"
"""Of a model version: the name by content of what it holds."""

ARTIFACTS = "model"
FEATURES = "features.json"
BY_HAND = "by its alias in MLflow"


class MlflowStore:
    """One registered model, of which each version is a content; what is fetched is kept in a folder.

    An alias says who has a role: one moved in MLflow counts as an entry of the log that nobody wrote down.
    Content is checked against its name whenever it is loaded, whatever was done to it in MLflow.
    """

    def __init__(self, place: str, cache: Path) -> None:
        """Raises SettingsError for no address of an MLflow, and where MLflow is not installed."""
        self.address: Address = parse(place)
        load(self.address)
        self._cache = FolderStore(cache)
        self._client: Any = None
        self._contents: dict[str, str] = {}
        """Content by number of a model version; neither ever changes."""

    @contextmanager
    def _speaking(self) -> Iterator[Any]:
        """The client, whose errors are ours; made late, so that no two processes share one."""
        if self._client is None:
            self._client = connect(self.address)
        with speaking(self.address):
            yield self._client

    def model(self, version: str) -> FormModel:
        """The model of a version, fetched if it is not at hand or damaged there. Raises ModelError."""
        try:
            return self._cache.model(version)
        except ModelError:
            self._fetch(version, self._held().get(version))
        return self._cache.model(version)

    def versions(self) -> list[str]:
        """All versions kept, guides first."""
        return sorted(self._held(), key=lambda version: (not version.startswith("guide-"), version))

    def add(self, data: bytes) -> str:
        """Keep an artefact of the form guide; its version. Raises ModelError for bytes that are no model."""
        return self._keep(self._cache.add(data))

    def add_folder(self, folder: Path) -> str:
        """Keep a folder of `hpr train`; its version. Raises ModelError where it is none or damaged."""
        return self._keep(self._cache.add_folder(folder))

    def log(self) -> list[Entry]:
        """What was done, the oldest first. Raises ModelError where a tag of it is damaged."""
        written, aliases = self._read()
        return [*written, *unwritten(written, aliases)]

    def append(self, entry: Entry) -> None:
        """Move the alias of a role, and write down why.

        The alias first: between the two, whoever reads finds the same entry, only without its reason.
        """
        written, aliases = self._read()
        ahead = unwritten(written, aliases)
        if entry.number != len(written) + len(ahead) + 1:
            raise ModelError("the registry was changed at the same time: look at it and try again")
        number = self._number(entry.version) if entry.version else ""
        with self._speaking() as client:
            self._ensure(client)
            for each in ahead:
                client.set_registered_model_tag(self.address.name, *_tag(each))
            if number:
                client.set_registered_model_alias(self.address.name, ALIASES[entry.role], number)
            else:
                client.delete_registered_model_alias(self.address.name, ALIASES[entry.role])
            client.set_registered_model_tag(self.address.name, *_tag(entry))

    def _read(self) -> tuple[list[Entry], dict[Role, str]]:
        """What is written down, and the contents that have a role by alias, in one look."""
        try:
            with self._speaking() as client:
                found = client.get_registered_model(self.address.name)
        except LibraryError as error:
            if is_unknown(error):
                return [], {}
            raise
        tags = {key: value for key, value in found.tags.items() if key.startswith(LOG_TAG)}
        try:
            written = [json.decode(tags[key], type=Entry) for key in sorted(tags)]
        except (DecodeError, ValidationError) as error:
            raise ModelError(f"the log in {self.address} is damaged ({error}): mend its tag") from error
        if [entry.number for entry in written] != list(range(1, len(written) + 1)):
            raise ModelError(f"the log in {self.address} is damaged: a tag of it is missing")
        roles: dict[Role, str] = {}
        for role, alias in ALIASES.items():
            if alias in found.aliases:
                roles[role] = self._content(str(found.aliases[alias]))
        return written, roles

    def _content(self, number: str) -> str:
        if number not in self._contents:
            with self._speaking() as client:
                tags = client.get_model_version(self.address.name, number).tags
            self._contents[number] = tags.get(VERSION_TAG, f"version {number}")
        return self._contents[number]

    def _held(self) -> dict[str, str]:
        """The number of each content's model version, the latest where it was added again."""
        numbers: dict[str, str] = {}
        token: str | None = None
        with self._speaking() as client:
            while True:
                page = client.search_model_versions(f"name='{self.address.name}'", page_token=token)
                for each in page:
                    content, number = each.tags.get(VERSION_TAG), str(each.version)
                    if content and int(number) > int(numbers.get(content, "0")):
                        numbers[content] = number
                if not (token := page.token):
                    return numbers

    def _number(self, version: str) -> str:
        """The number of a content; what the release ships is added once it gets a role."""
        number = self._held().get(version)
        if number is None and version == shipped().version:
            self.add(shipped().data)
            number = self._held().get(version)
        if number is None:
            raise missing(version)
        return number

    def _fetch(self, version: str, number: str | None) -> None:
        """Bring a version into the cache, checked. Raises ModelError."""
        if number is None:
            raise missing(version)
        with self._cache.room() as room:
            try:
                with self._speaking() as client:
                    run = client.get_model_version(self.address.name, number).run_id
                    folder = Path(client.download_artifacts(run, ARTIFACTS, str(room)))
            except LibraryError as error:
                if self._is_there():
                    raise of_another_release(version) from error
                raise
            try:
                found = self._take(folder, version)
            except (HprError, OSError) as error:
                raise of_another_release(version) from error
        if found != version:
            raise corrupt(version)

    def _take(self, folder: Path, version: str) -> str:
        if version.startswith("guide-"):
            return self._cache.add((folder / f"{version}.json").read_bytes())
        return self._cache.add_folder(folder)

    def _is_there(self) -> bool:
        """Whether MLflow answers at all: then it is the artefacts that are not there."""
        try:
            self._held()
        except LibraryError:
            return False
        return True

    def _keep(self, version: str) -> str:
        """Put what the cache holds into MLflow, unless it is there and whole."""
        number = self._held().get(version)
        if number is None or not self._is_whole(version, number):
            self._upload(version)
        return version

    def _is_whole(self, version: str, number: str) -> bool:
        try:
            self._fetch(version, number)
        except LibraryError:
            raise
        except ModelError:
            return False
        return True

    def _upload(self, version: str) -> None:
        """A run with parameters, metrics and artefacts; then, once it is whole, the model version."""
        files, facts = self._cache.files(version), facts_of(self._cache.model(version))
        with self._speaking() as client:
            self._ensure(client)
            tags = {VERSION_TAG: version, **facts.tags}
            run = client.create_run(self._experiment(client), tags=tags, run_name=version).info
            done = False
            try:
                for key, value in facts.params.items():
                    client.log_param(run.run_id, key, value)
                for key, figure in facts.metrics.items():
                    client.log_metric(run.run_id, key, figure)
                client.log_dict(run.run_id, facts.features, FEATURES)
                for path in files:
                    client.log_artifact(run.run_id, str(path), ARTIFACTS)
                done = True
            finally:
                client.set_terminated(run.run_id, "FINISHED" if done else "FAILED")
            source = f"{run.artifact_uri}/{ARTIFACTS}"
            client.create_model_version(self.address.name, source, run.run_id, tags=tags)

    def _experiment(self, client: Any) -> str:
        """The id of the experiment, made if need be."""
        name, folder = self.address.name, self.address.folder
        found = client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        place = (folder / "artifacts" / name).as_uri() if folder is not None else None
        return str(client.create_experiment(name, artifact_location=place))

    def _ensure(self, client: Any) -> None:
        """Make the registered model if need be."""
        try:
            with speaking(self.address):
                client.get_registered_model(self.address.name)
        except LibraryError as error:
            if not is_unknown(error):
                raise
            client.create_registered_model(self.address.name)


def unwritten(written: Sequence[Entry], aliases: Mapping[Role, str]) -> list[Entry]:
    """What aliases say beyond the log, as its next entries: the same for everybody who reads both.

    A champion whose alias was taken away leaves its place to what the release ships.
    """
    usual: dict[Role, str] = {"CHAMPION": shipped().version, "CANDIDATE": ""}
    ahead: list[Entry] = []
    for role, nobody in usual.items():
        said = next((each.version for each in reversed(written) if each.role == role), nobody)
        held = aliases.get(role, nobody)
        if held != said:
            action: Action = "promote" if role == "CHAMPION" else "nominate" if held else "refuse"
            ahead.append(Entry(len(written) + len(ahead) + 1, action, role, held, BY_HAND))
    return ahead


def _tag(entry: Entry) -> tuple[str, str]:
    return f"{LOG_TAG}{entry.number:06}", json.encode(entry).decode()
