"""The registry: content-named artefacts, a log of what is in force, rollback, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from msgspec import json

from models.guide.model import version_of
from models.registry import Choice, FolderStore, Registry, shipped
from models.trained import TrainedModel
from schemas.errors import ModelError
from tests.models.places import Place
from tests.models.trained_world import written

WRITERS = 4


@pytest.fixture
def other() -> bytes:
    """An artefact that differs from the one shipped."""
    raw = json.decode(shipped().data)
    return json.encode({**raw, "trained_on": "a test"})


def test_without_anything_the_shipped_model_is_champion_and_nobody_a_candidate(registry: Registry) -> None:
    assert registry.choice("CHAMPION").version == shipped().version
    assert registry.choice("CANDIDATE").version == ""
    assert registry.versions() == [shipped().version]


def test_a_version_is_its_content(registry: Registry, other: bytes) -> None:
    version = registry.add(other)
    assert registry.add(other) == version != shipped().version
    assert registry.model(version).version == version


def test_promoted_and_rolled_back(registry: Registry, other: bytes) -> None:
    version = registry.add(other)
    registry.act("promote", "CHAMPION", version, "better")
    assert registry.choice("CHAMPION")[:3] == (1, "guide", version)
    assert registry.rollback().version == shipped().version
    assert registry.choice("CHAMPION")[:3] == (2, "guide", shipped().version)
    assert [entry.action for entry in registry.log()] == ["promote", "rollback"]


def test_another_process_sees_it(registry: Registry, other: bytes, place: Place) -> None:
    reader = place.open()
    assert reader.choice("CHAMPION").number == 0
    registry.act("promote", "CHAMPION", registry.add(other))
    assert reader.choice("CHAMPION").number == 1


def test_what_cannot_be_is_refused_and_says_what_to_do(registry: Registry, place: Place) -> None:
    with pytest.raises(ModelError, match="corrupt"):
        registry.add(b"rubbish")
    with pytest.raises(ModelError, match="not in the registry: add it"):
        registry.act("promote", "CHAMPION", "guide-000000000000")
    with pytest.raises(ModelError, match="no earlier champion"):
        registry.rollback()
    place.write_log("{")
    with pytest.raises(ModelError, match="damaged"):
        registry.log()


def test_a_file_changed_by_hand_is_not_used(registry: Registry, other: bytes, place: Place) -> None:
    version = registry.add(other)
    path = place.kept(version)
    path.write_bytes(path.read_bytes().replace(b"a test", b"a trick"))
    with pytest.raises(ModelError, match=f"^model {version} is corrupt: its content has another name"):
        place.open().model(version)


class TestTrainedFolders:
    def test_one_is_kept_under_its_content_promoted_and_rolled_back(
        self, registry: Registry, place: Place, tmp_path: Path
    ) -> None:
        manifest = written(tmp_path / "trained")
        version = registry.add_folder(tmp_path / "trained")
        assert version == manifest.version == registry.add_folder(tmp_path / "trained")
        assert registry.versions() == [shipped().version, version]
        registry.act("promote", "CHAMPION", version)
        assert registry.choice("CHAMPION") == Choice(1, "form", version, "form-book-2")
        assert registry.rollback().version == shipped().version
        model = place.open().model(version)
        assert isinstance(model, TrainedModel)
        assert model.manifest == manifest
        assert model.card == {
            "trained_on": "hong-kong, 5 races to 2025-12-31",
            "log_loss": {"combined": 2.0},
        }
        assert json.decode(model.data)["features"] == manifest.features

    def test_nothing_of_it_is_there_before_all_of_it(
        self, registry: Registry, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written(tmp_path / "trained")

        def full(*_: object) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr("models.registry.shutil.copyfile", full)
        with pytest.raises(OSError, match="no space"):
            registry.add_folder(tmp_path / "trained")
        assert place.remains() == []
        assert registry.versions() == [shipped().version]

    @pytest.mark.parametrize(
        "role", ["boosted", "trees", "net", "net-weights", "residual", "residual-boosted", "residual-trees"]
    )
    def test_damage_is_found_said_and_mended_by_adding_it_again(
        self, registry: Registry, place: Place, tmp_path: Path, role: str
    ) -> None:
        manifest = written(tmp_path / "trained")
        version = registry.add_folder(tmp_path / "trained")
        path = place.kept(version) / manifest.files[role]
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(ModelError, match=f"^model {version} is corrupt or of another release: add it"):
            place.open().model(version)
        assert registry.add_folder(tmp_path / "trained") == version
        assert place.open().model(version).version == version

    def test_what_is_no_model_is_not_added(self, registry: Registry, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="train first, or name its folder"):
            registry.add_folder(tmp_path)
        with pytest.raises(ModelError, match="not in the registry: add it"):
            registry.act("promote", "CHAMPION", "form-0000000000000000")

    def test_a_race_elsewhere_has_what_the_release_ships(self, registry: Registry, tmp_path: Path) -> None:
        written(tmp_path / "trained", "hong-kong")
        registry.act("promote", "CHAMPION", registry.add_folder(tmp_path / "trained"))
        choice = registry.choice("CHAMPION")
        assert registry.suited(choice, "CHAMPION", "HK") == choice
        assert registry.suited(choice, "CHAMPION", None) == choice
        elsewhere = registry.suited(choice, "CHAMPION", "US")
        assert elsewhere == Choice(1, "guide", shipped().version, "guide-1")
        assert registry.suited(choice, "CANDIDATE", "US").version == ""


def test_processes_that_keep_the_same_model_at_once_do_not_meet(tmp_path: Path, other: bytes) -> None:
    version = version_of(other)
    start = Barrier(WRITERS)

    def kept(_: int) -> set[str]:
        store = FolderStore(tmp_path / "cache")
        start.wait()
        return {version for _ in range(20) for version in [store.add(other)] if store.model(version)}

    with ThreadPoolExecutor(WRITERS) as pool:
        assert set().union(*pool.map(kept, range(WRITERS))) == {version}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [f"{version}.json"]
