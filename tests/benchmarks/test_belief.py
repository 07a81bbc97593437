"""The benchmark of form: each figure is there beside its limit or its peer, and peers do the same work."""

import numpy as np
from numpy.testing import assert_allclose

from benchmarks import belief
from benchmarks.belief import RUNNERS, card, learnt, models
from models.boosted import onnx_score
from models.form import book


def test_the_peers_of_the_trees_say_what_they_say() -> None:
    _, trees, model = models(10)
    features = np.random.default_rng(1).normal(size=(RUNNERS, trees.trees.width))
    wide = np.zeros((RUNNERS, len(model.beliefs.fundamental.net.terms.low)))
    wide[:, : features.shape[1]] = features
    assert_allclose(onnx_score(trees.data, wide), trees.score(wide), atol=1e-6)


def test_a_field_of_fourteen_is_believed() -> None:
    known, race = learnt(), card(belief.DAYS, 0)
    known.settle(race.race_date)
    values = known.look(race)
    assert (values[:, book.AT["runs"]] > 0.0).all()
    _, _, model = models(10)
    found = model.believe(race, book.COLUMNS, values, np.arange(RUNNERS))
    assert_allclose(sum(found.fundamental), 1.0, atol=1e-9)
    assert found.known == [True] * RUNNERS


def test_each_figure_is_measured() -> None:
    rows = belief.measure(runs=1, scale=0.01).rows
    assert [row.what for row in rows][:2] == ["all models, on a price", "all models, on other form"]
    assert all(row.ours > 0.0 and row.theirs > 0.0 for row in rows)
