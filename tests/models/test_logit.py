"""The conditional logit finds what made the races, and scores with the same bits alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from models.logit import Logit, fit, prepare
from models.softmax import slopes, softmax, targets

RUNNERS = 8
TRUE = np.array([0.9, -0.5, 0.0])


def world(races: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    features = random.normal(size=(races * RUNNERS, 3))
    noise = random.gumbel(size=(races, RUNNERS))
    order = np.argsort(-((features @ TRUE).reshape(races, RUNNERS) + noise), axis=1)
    position = np.empty((races, RUNNERS))
    np.put_along_axis(position, order, np.arange(1.0, RUNNERS + 1.0)[None, :].repeat(races, axis=0), axis=1)
    return features, position.ravel(), np.arange(0, races * RUNNERS, RUNNERS, dtype=np.intp)


def test_it_finds_the_weights_that_made_the_races() -> None:
    features, position, starts = world()
    labels, left = targets(position, starts)
    found = fit(features, starts, labels, left, l2=0.0)
    assert_allclose(found, TRUE, atol=0.06)
    gradient, _, _ = slopes(features @ found, labels, left, starts, (1.0, 1.0, 1.0))
    assert np.abs(gradient @ features / len(starts)).max() < 1e-4


def test_on_an_offset_that_says_all_nothing_is_left() -> None:
    features, position, starts = world()
    labels, left = targets(position, starts)
    found = fit(features, starts, labels, left, l2=0.05, offset=features @ TRUE)
    assert np.abs(found).max() < 0.05


def test_scores_have_the_same_bits_alone_and_missing_features_say_nothing() -> None:
    features, _, starts = world(200)
    features[::7, 1] = np.nan
    features[:RUNNERS, 2] = np.nan
    model = Logit(prepare(features, starts), np.array([0.5, 0.2, -0.3, 0.1, 0.0, 0.05]))
    together = model.score(features, starts)
    assert np.isfinite(together).all()
    for start in starts[:20]:
        alone = model.score(features[start : start + RUNNERS], np.zeros(1, dtype=np.intp))
        assert_array_equal(alone, together[start : start + RUNNERS])
    assert_array_equal(model.contributions(features, starts)[:RUNNERS, 2], 0.0)


def test_a_feature_that_never_varies_has_no_part() -> None:
    features, position, starts = world(100)
    features[:, 2] = 4.0
    terms = prepare(features, starts)
    labels, left = targets(position, starts)
    model = Logit(terms, fit(terms.of(features, starts), starts, labels, left, l2=0.01))
    assert softmax(model.score(features, starts), starts).sum() == pytest.approx(100.0)
    assert_array_equal(model.contributions(features, starts)[:, 2], 0.0)
