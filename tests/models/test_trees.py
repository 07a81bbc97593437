"""Flat trees: LightGBM's own scores and Shapley values, the same bits in any block, and damage refused."""

from io import BytesIO
from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from models.boosted import rounded
from models.trees import Trees, trees_of, unpacked
from schemas.errors import HprError

SETTINGS = {"num_leaves": 31, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1, "seed": 2}


@pytest.fixture(scope="module", name="grown")
def booster() -> tuple[Any, np.ndarray]:
    """A booster and rows to score: some features are unknown now and then, the last never was in training."""
    random = np.random.default_rng(3)
    features = random.normal(size=(3000, 8))
    features[random.random(features.shape) < 0.1] = np.nan
    features[:, 7] = random.normal(size=3000)
    wanted = np.nan_to_num(features[:, 0] * features[:, 1]) + np.sin(3.0 * features[:, 7])
    held = rounded(features)
    data = lightgbm.Dataset(held, label=wanted + random.normal(size=3000))
    made = lightgbm.train({**SETTINGS, "objective": "regression"}, data, 40)
    held[5, 7] = np.nan
    return made, held[:500]


def test_scores_are_the_trainers(grown: tuple[Any, np.ndarray]) -> None:
    model, features = grown
    assert_allclose(trees_of(model).score(features), model.predict(features), rtol=0.0, atol=1e-12)


def test_contributions_are_the_trainers_shapley_values(grown: tuple[Any, np.ndarray]) -> None:
    model, features = grown
    trees, wanted = trees_of(model), model.predict(features, pred_contrib=True)
    found = trees.contributions(features)
    assert_allclose(found, wanted[:, :-1], atol=1e-9)
    assert_allclose(found.sum(axis=1), trees.score(features) - wanted[:, -1], atol=1e-9)


@pytest.mark.parametrize("rows", [1, 14, 63, 64, 65, 200])
def test_a_row_has_the_same_bits_alone_and_in_any_block(grown: tuple[Any, np.ndarray], rows: int) -> None:
    model, features = grown
    trees, whole = trees_of(model), trees_of(model).score(features)
    assert_array_equal(trees.score(features[100 : 100 + rows]), whole[100 : 100 + rows])
    told = trees.contributions(features[:rows])
    assert_array_equal(trees.contributions(features[: rows // 2 + 1]), told[: rows // 2 + 1])


def test_a_tree_that_never_splits_is_its_value() -> None:
    data = lightgbm.Dataset(np.zeros((100, 2)), label=np.arange(100.0))
    model = lightgbm.train({**SETTINGS, "objective": "regression"}, data, 2)
    trees = trees_of(model)
    rows = np.zeros((3, 2), dtype=np.float32)
    assert_allclose(trees.score(rows), model.predict(rows), atol=1e-12)
    assert not trees.contributions(rows).any()


def test_trees_of_more_than_32_leaves_are_refused() -> None:
    random = np.random.default_rng(1)
    rows = rounded(random.normal(size=(2000, 3)))
    data = lightgbm.Dataset(rows, label=random.normal(size=2000))
    model = lightgbm.train({**SETTINGS, "objective": "regression", "num_leaves": 40}, data, 1)
    with pytest.raises(HprError, match="at most 32"):
        trees_of(model).score(rows)


def test_they_come_back_as_they_were_packed(grown: tuple[Any, np.ndarray]) -> None:
    model, features = grown
    trees = trees_of(model)
    assert trees.packed() == trees_of(model).packed()
    assert_array_equal(unpacked(trees.packed()).score(features), trees.score(features))


def _changed(trees: Trees, **arrays: np.ndarray) -> bytes:
    out = BytesIO()
    np.savez(out, **{**trees.nodes._asdict(), **arrays})
    return out.getvalue()


def test_what_is_damaged_is_refused(grown: tuple[Any, np.ndarray]) -> None:
    """Cut short, of other kinds or lengths, with a node that is none, a circle, or two ways to one node."""
    trees = trees_of(grown[0])
    nodes = trees.nodes
    child, inner = nodes.child, int(np.flatnonzero(nodes.child != np.arange(len(nodes.child)))[1])
    last = len(child) - 1
    for data in (
        b"",
        trees.packed()[:200],
        *(_changed(trees, child=_with(child, inner, to)) for to in (-1, 0, last, last + 1, child[0])),
        _changed(trees, child=_with(child, last, 0)),
        _changed(trees, child=child.astype(np.float64)),
        _changed(trees, child=child.reshape(1, -1)),
        _changed(trees, feature=_with(nodes.feature, inner, -1)),
        _changed(trees, feature=nodes.feature.astype(np.float32)),
        _changed(trees, threshold=nodes.threshold[1:]),
        _changed(trees, value=nodes.value[1:]),
        _changed(trees, root=nodes.root[::-1].copy()),
        _changed(trees, root=nodes.root[1:]),
        _changed(trees, root=_with(nodes.root, 1, nodes.root[1] + 1)),
    ):
        with pytest.raises(HprError, match="train again"):
            unpacked(data)


def _with(held: np.ndarray, at: int, value: int) -> np.ndarray:
    changed = held.copy()
    changed[at] = value
    return changed
