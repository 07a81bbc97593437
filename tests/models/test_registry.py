"""The registry: content-named artefacts, a log of what is in force, rollback, and what is refused."""

from pathlib import Path

import pytest
from msgspec import json

from models.registry import Registry, shipped
from schemas.errors import ModelError


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


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


def test_another_process_sees_it(registry: Registry, other: bytes, tmp_path: Path) -> None:
    reader = Registry(tmp_path / "models")
    assert reader.choice("CHAMPION").number == 0
    registry.act("promote", "CHAMPION", registry.add(other))
    assert reader.choice("CHAMPION").number == 1


def test_what_cannot_be_is_refused_and_says_what_to_do(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="corrupt"):
        registry.add(b"rubbish")
    with pytest.raises(ModelError, match="not in the registry: add it"):
        registry.act("promote", "CHAMPION", "guide-000000000000")
    with pytest.raises(ModelError, match="no earlier champion"):
        registry.rollback()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "log.jsonl").write_text("{")
    with pytest.raises(ModelError, match="damaged"):
        registry.log()


def test_a_file_changed_by_hand_is_not_used(registry: Registry, other: bytes, tmp_path: Path) -> None:
    version = registry.add(other)
    path = tmp_path / "models" / f"{version}.json"
    path.write_bytes(path.read_bytes().replace(b"a test", b"a trick"))
    with pytest.raises(ModelError, match="corrupt"):
        Registry(tmp_path / "models").model(version)
