"""Boosted trees learn what a line cannot, come out the same bytes, and refuse damage."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from models.boosted import Boosted, onnx_score, train
from models.softmax import softmax, targets
from schemas.errors import HprError

RUNNERS = 10


@pytest.fixture(scope="module", name="world")
def races() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    features = random.normal(size=(6000, 6))
    features[random.random(features.shape) < 0.1] = np.nan
    strength = 2.0 * (np.nan_to_num(features[:, 0]) * np.nan_to_num(features[:, 1]) > 0.0)
    order = np.argsort(-(strength + random.gumbel(size=6000)).reshape(-1, RUNNERS), axis=1)
    position = np.empty(order.shape)
    np.put_along_axis(position, order, np.broadcast_to(np.arange(1.0, RUNNERS + 1.0), order.shape), axis=1)
    return features, position.ravel(), np.arange(0, 6000, RUNNERS, dtype=np.intp)


def fitted(world: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int = 3) -> Boosted:
    features, position, starts = world
    labels, left = targets(position, starts)
    return train(features, starts, labels, left, seed=seed, trees=60)


def test_it_learns_an_interplay(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    features, position, starts = world
    win = softmax(fitted(world).score(features), starts)
    assert -np.log(win[position == 1.0]).mean() < np.log(RUNNERS) - 0.1


def test_the_same_seed_and_data_give_the_same_bytes(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    model = fitted(world)
    assert fitted(world).data == model.data
    assert fitted(world, seed=4).data != model.data


def test_a_race_alone_has_the_same_bits(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    features = world[0]
    model = fitted(world)
    together = model.score(features)
    for start in range(0, 300, RUNNERS):
        alone = model.score(features[start : start + RUNNERS])
        assert_array_equal(alone, together[start : start + RUNNERS])
    assert model.score(features[:0]).shape == (0,)


def test_damaged_bytes_are_refused() -> None:
    with pytest.raises(HprError, match="train it again"):
        onnx_score(b"no model", np.zeros((1, 6)))


def test_the_export_says_what_the_trees_say(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    model, features = fitted(world), world[0][:300]
    assert_allclose(onnx_score(model.data, features), model.score(features), atol=1e-6)
