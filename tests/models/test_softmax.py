"""Softmax within races, and the exploded loss with its slopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from models.softmax import blend, slopes, softmax, targets

SCORES = st.lists(st.lists(st.floats(-30.0, 30.0), min_size=1, max_size=15), min_size=1, max_size=8)


def starts_of(races: list[list[float]]) -> np.ndarray:
    return np.cumsum([0, *(len(race) for race in races)])[:-1].astype(np.intp)


@given(SCORES)
def test_each_race_sums_to_one_and_has_the_same_bits_alone(races: list[list[float]]) -> None:
    starts = starts_of(races)
    found = softmax(np.concatenate(races), starts)
    assert_allclose(np.add.reduceat(found, starts), 1.0, rtol=1e-12)
    for race, start in zip(races, starts, strict=True):
        alone = softmax(np.array(race), np.zeros(1, dtype=np.intp))
        assert_array_equal(alone, found[start : start + len(race)])


def test_slopes_are_those_of_the_loss() -> None:
    random = np.random.default_rng(3)
    scores, starts = random.normal(size=12), np.array([0, 5], dtype=np.intp)
    position = np.array([2.0, 1.0, 3.0, np.nan, 4.0, 1.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    labels, left = targets(position, starts)
    powers = (1.0, 0.83, 0.7)
    gradient, hessian, _ = slopes(scores, labels, left, starts, powers)
    for at in range(len(scores)):
        step = np.zeros(12)
        step[at] = 1e-5
        up, down = (slopes(scores + sign * step, labels, left, starts, powers) for sign in (1.0, -1.0))
        assert gradient[at] == pytest.approx((up[2] - down[2]) / 2e-5, abs=1e-6)
        assert hessian[at] == pytest.approx((up[0][at] - down[0][at]) / 2e-5, abs=1e-5)


def test_a_dead_heat_shares_its_stage() -> None:
    labels, left = targets(np.array([1.0, 1.0, 3.0, 4.0]), np.zeros(1, dtype=np.intp), (1.0, 0.5, 0.25))
    assert_array_equal(labels[0], [0.5, 0.5, 0.0, 0.0])
    assert_array_equal(labels[1], 0.0)
    assert_array_equal(left[2], [0.0, 0.0, 1.0, 1.0])


def test_labels_take_in_the_publics_opinion_where_it_is_whole() -> None:
    starts = np.array([0, 2], dtype=np.intp)
    labels, _ = targets(np.array([1.0, 2.0, 2.0, 1.0]), starts)
    mixed = blend(labels, np.array([0.6, 0.4, np.nan, 0.5]), starts, 0.5)
    assert_allclose(mixed[0], [0.8, 0.2, 0.0, 1.0])
    assert_array_equal(mixed[1:], labels[1:])


def test_a_stage_at_which_nobody_is_left_weighs_nothing() -> None:
    starts = np.array([0, 2])
    scores = np.array([0.4, -0.1, 0.3, 0.2, 0.1])
    position = np.array([1.0, 2.0, 1.0, 2.0, 3.0])
    labels, left = targets(position, starts)
    gradient, hessian, loss = slopes(scores, labels, left, starts, (1.0, 1.0, 1.0))
    alone = slopes(scores[:2], labels[:1, :2], left[:1, :2], starts[:1], (1.0,))
    assert np.isfinite([*gradient, *hessian, loss]).all()
    np.testing.assert_array_equal(gradient[:2], alone[0])
