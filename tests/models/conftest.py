"""Random markets for the model tests, from a seed: calm ones and broken ones."""

from collections.abc import Callable
from dataclasses import fields
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models import MarketBatch
from models.registry import Registry
from tests.models.places import Folder, Mlflow, Place

ODD_PRICES = np.array([0.0, 0.5, 1.0, 1.0000001, 1.001, 1.01, 2.0, 500.0, 1000.0, 1000.5, np.nan, np.inf])

BatchMaker = Callable[..., MarketBatch]
Slicer = Callable[[MarketBatch, slice], MarketBatch]


def _broken(rng: np.random.Generator, prices: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return np.where(rng.random(prices.shape) < share, rng.choice(ODD_PRICES, prices.shape), prices)


def _make_batch(races: int, runners: int, seed: int = 0, broken: float = 0.0) -> MarketBatch:
    """Races around a Dirichlet field; `broken` is the share of prices replaced by absent or absurd ones."""
    rng = np.random.default_rng(seed)
    fair = np.clip(1.0 / np.maximum(rng.dirichlet(np.ones(runners), races), 1e-6), 1.02, 900.0)
    shape = (races, runners)
    past = fair[:, :, None] * rng.uniform(0.7, 1.4, (*shape, 3)) * (rng.random((*shape, 3)) > broken)
    return MarketBatch(
        back=_broken(rng, np.maximum(fair * rng.uniform(0.9, 1.0, shape), 1.01), broken),
        back_size=rng.gamma(1.0, 200.0, shape) * (rng.random(shape) > broken),
        lay=_broken(rng, fair * rng.uniform(1.0, 1.1, shape), broken),
        lay_size=rng.gamma(1.0, 200.0, shape) * (rng.random(shape) > broken),
        last=_broken(rng, fair, broken),
        traded=rng.gamma(1.0, 3000.0, shape) * (rng.random(shape) > broken),
        past=past,
        places=rng.integers(1, 5, races),
        age_seconds=rng.gamma(1.0, 20.0, races),
    )


def _take(batch: MarketBatch, part: slice) -> MarketBatch:
    return MarketBatch(**{field.name: getattr(batch, field.name)[part] for field in fields(batch)})


@pytest.fixture(scope="session")
def make_batch() -> BatchMaker:
    return _make_batch


@pytest.fixture(scope="session")
def take_races() -> Slicer:
    return _take


NAMES = count()
"""One of each for every test in the MLflow that they share."""


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an MLflow: to make its database takes seconds."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture
def mlflow(mlflow_folder: Path, tmp_path: Path) -> Mlflow:
    """An MLflow that is empty, as far as its name goes."""
    return Mlflow(f"mlflow:{mlflow_folder}#test-{next(NAMES)}", tmp_path)


@pytest.fixture(params=["folder", "mlflow"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Every place that a registry can be at."""
    if request.param == "mlflow":
        found: Mlflow = request.getfixturevalue("mlflow")
        return found
    return Folder(tmp_path / "models")


@pytest.fixture
def registry(place: Place) -> Registry:
    """A registry at each of them."""
    return place.open()
