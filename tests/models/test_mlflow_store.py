"""MLflow as a registry: what it shows of a version, aliases moved by hand, and what went wrong halfway."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from models.mlflow_client import connect, parse
from models.mlflow_store import MlflowStore, unwritten
from models.registry import Entry, shipped
from models.succession import nominate, promote
from schemas.errors import LibraryError, ModelError
from tests.models.places import Mlflow
from tests.models.trained_world import written

FIRST = shipped().version


def another(name: str) -> bytes:
    """An artefact of its own."""
    return json.encode({**json.decode(shipped().data), "trained_on": name})


def client_of(mlflow: Mlflow) -> tuple[Any, str]:
    """MLflow itself, as its own page has it, and the name."""
    address = parse(mlflow.address)
    return connect(address), address.name


def test_a_version_is_a_run_with_parameters_metrics_and_files(mlflow: Mlflow, tmp_path: Path) -> None:
    manifest = written(tmp_path / "trained")
    mlflow.open().add_folder(tmp_path / "trained")
    client, name = client_of(mlflow)
    held = client.get_model_version(name, "1")
    run = client.get_run(held.run_id)
    assert held.tags["version"] == run.data.tags["version"] == run.info.run_name == manifest.version
    assert (run.data.params["data_hash"], run.data.params["seed"]) == ("d", "1")
    assert run.data.metrics == {"in_sample/combined/in sample/log_loss": 2.0}
    assert run.data.tags["feature_set"] == "form-book-2"
    assert run.info.status == "FINISHED"
    kept = {Path(each.path).name for each in client.list_artifacts(held.run_id, "model")}
    assert kept == {"manifest.json", *manifest.files.values()}
    assert [each.path for each in client.list_artifacts(held.run_id)] == ["features.json", "model"]


def test_the_same_content_twice_is_one_version(mlflow: Mlflow) -> None:
    assert mlflow.open().add(another("a")) == mlflow.open().add(another("a"))
    client, name = client_of(mlflow)
    assert len(client.search_model_versions(f"name='{name}'")) == 1


def test_aliases_say_who_has_a_role(mlflow: Mlflow) -> None:
    registry = mlflow.open()
    one, two = registry.add(another("one")), registry.add(another("two"))
    promote(registry, one, "better")
    client, name = client_of(mlflow)
    assert client.get_model_version_by_alias(name, "champion").tags["version"] == one
    # What the release ships is kept there too, once it has a role.
    assert client.get_model_version_by_alias(name, "candidate").tags["version"] == FIRST
    nominate(registry, two, "", forced=True)
    assert client.get_model_version_by_alias(name, "candidate").tags["version"] == two
    registry.act("refuse", "CANDIDATE", "", "worse")
    assert set(client.get_registered_model(name).aliases) == {"champion"}
    assert registry.versions()[0] == FIRST
    assert set(registry.versions()) == {FIRST, one, two}


def test_an_alias_moved_in_mlflow_is_a_promotion_that_the_next_entry_writes_down(mlflow: Mlflow) -> None:
    registry = mlflow.open()
    one, two = registry.add(another("one")), registry.add(another("two"))
    registry.act("promote", "CHAMPION", one, "better")
    client, name = client_of(mlflow)
    client.set_registered_model_alias(name, "champion", "2")
    for reader in (registry, mlflow.open()):
        assert reader.choice("CHAMPION")[:3] == (2, "guide", two)
        assert reader.log()[-1] == Entry(2, "promote", "CHAMPION", two, "by its alias in MLflow")
    assert registry.rollback("worse").version == one
    assert [(each.number, each.version) for each in mlflow.open().log()] == [(1, one), (2, two), (3, one)]
    client.delete_registered_model_alias(name, "champion")
    assert registry.choice("CHAMPION").version == FIRST


def test_what_aliases_say_beyond_the_log_has_its_numbers() -> None:
    written_down = [Entry(1, "promote", "CHAMPION", "guide-a"), Entry(2, "nominate", "CANDIDATE", "guide-b")]
    assert unwritten([], {}) == unwritten([], {"CHAMPION": FIRST}) == []
    assert unwritten(written_down, {"CHAMPION": "guide-a", "CANDIDATE": "guide-b"}) == []
    ahead = unwritten(written_down, {"CHAMPION": "guide-c"})
    assert [(e.number, e.action, e.version) for e in ahead] == [(3, "promote", "guide-c"), (4, "refuse", "")]


def test_two_that_act_at_once_do_not_write_over_each_other(mlflow: Mlflow) -> None:
    store = mlflow.store()
    version = store.add(another("one"))
    store.append(Entry(1, "promote", "CHAMPION", version))
    with pytest.raises(ModelError, match="changed at the same time: look at it and try again"):
        mlflow.store().append(Entry(1, "nominate", "CANDIDATE", version))


def test_a_log_with_a_gap_is_not_believed(mlflow: Mlflow) -> None:
    registry = mlflow.open()
    promote(registry, registry.add(another("one")), "")
    client, name = client_of(mlflow)
    client.delete_registered_model_tag(name, "log.000001")
    with pytest.raises(ModelError, match="damaged: a tag of it is missing"):
        registry.log()


def test_a_version_that_was_not_brought_whole_is_none(
    mlflow: Mlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = mlflow.store()
    assert store.versions() == []
    monkeypatch.setattr(store._client, "log_artifact", _full)
    with pytest.raises(LibraryError, match="no space left"):
        store.add(another("one"))
    assert mlflow.store().versions() == []
    client, name = client_of(mlflow)
    (run,) = client.search_runs([client.get_experiment_by_name(name).experiment_id])
    assert run.info.status == "FAILED"
    monkeypatch.undo()
    version = store.add(another("one"))
    assert store.versions() == [version]


def _full(*_: object) -> None:
    raise OSError("no space left on device")


def test_what_is_fetched_is_kept_and_a_damaged_copy_is_fetched_again(mlflow: Mlflow, tmp_path: Path) -> None:
    version = mlflow.open().add(another("one"))
    cache = tmp_path / "cache"
    store = MlflowStore(mlflow.address, cache)
    assert store.model(version).version == version
    (cache / f"{version}.json").write_bytes(b"{}")
    assert store.model(version).version == version
    shutil.rmtree(mlflow.kept(version).parent)
    assert MlflowStore(mlflow.address, cache).model(version).version == version
    with pytest.raises(ModelError, match="is corrupt or of another release: add it again"):
        MlflowStore(mlflow.address, tmp_path / "other").model(version)
    assert store.add(another("one")) == version
    assert MlflowStore(mlflow.address, tmp_path / "other").model(version).version == version


def test_another_content_under_its_name_is_not_used(mlflow: Mlflow) -> None:
    version = mlflow.open().add(another("one"))
    mlflow.kept(version).write_bytes(another("another"))
    with pytest.raises(ModelError, match="its content has another name; add it again"):
        mlflow.open().model(version)


def test_versions_of_others_under_the_name_are_left_alone(mlflow: Mlflow) -> None:
    registry = mlflow.open()
    registry.add(another("one"))
    client, name = client_of(mlflow)
    client.create_model_version(name, "file:///nowhere")
    assert len(registry.versions()) == 2
    client.set_registered_model_alias(name, "champion", "2")
    with pytest.raises(ModelError, match="not in the registry: add it, or roll back"):
        registry.choice("CHAMPION")
