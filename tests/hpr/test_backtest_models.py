from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from hpr.backtest_models import form_of, words
from models.registry import Registry, shipped
from schemas.errors import ModelError, SettingsError
from tests.models.trained_world import written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of hpr train, of races up to 2025-12-31."""
    written(tmp_path / "trained")
    return tmp_path / "trained"


def test_a_model_has_not_seen_the_races_bet_on(folder: Path) -> None:
    form = form_of([str(folder)], "hong-kong", date(2026, 1, 1))
    assert [trained.to for trained in form.models] == [date(2025, 12, 31)]
    assert words(form)[0].endswith(", trained on races up to 2025-12-31, on those after it.")
    with pytest.raises(SettingsError, match="has seen races of 2025-12-31"):
        form_of([str(folder)], "hong-kong", date(2025, 12, 31))
    with pytest.raises(SettingsError, match="--from: name the first day"):
        form_of([str(folder)], "hong-kong", None)


def test_a_model_is_of_the_races_it_was_trained_on(folder: Path) -> None:
    with pytest.raises(SettingsError, match="trained on races of hong-kong, not of uk-ire"):
        form_of([str(folder)], "uk-ire", date(2026, 1, 1))


def test_versions_in_the_registry(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPR_MODELS", str(tmp_path / "registry"))
    version = Registry(tmp_path / "registry").add_folder(folder)
    form = form_of([version, shipped().version], "hong-kong", date(2020, 1, 1))
    assert form.model_on(date(2020, 1, 1)) is shipped()
    assert form.model_on(date(2026, 1, 1)).version == version
    assert words(form)[0].endswith("trained on invented races.")
    with pytest.raises(ModelError, match="not in the registry"):
        form_of(["form-0"], "hong-kong", date(2026, 1, 1))


def test_the_simulator_s_model_has_seen_the_simulator_s_races() -> None:
    with pytest.raises(SettingsError, match="bet on records with it"):
        form_of([shipped().version], "simulator", date(2026, 1, 1))


def test_a_race_that_was_seen_is_one_line(
    inside: Callable[..., object], folder: Path, tmp_path: Path
) -> None:
    done = inside("backtest", "favourite", "--data", tmp_path, "--model", folder, "--from", "2024-09-01")
    assert done.returncode == 2  # type: ignore[attr-defined]
    assert "--model: model form-" in done.stderr  # type: ignore[attr-defined]
    assert done.stderr.count("\n") == 1  # type: ignore[attr-defined]
