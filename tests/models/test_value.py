"""Value at odds after takeout, and how bets on it fared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from models.value import expected_return, fared, longshots, stake


def test_a_bet_is_worth_its_chance_times_its_odds() -> None:
    found = expected_return(np.array([0.5, 0.2, 0.3]), np.array([1.8, 6.0, 0.0]))
    assert_allclose(found[:2], [0.9, 1.2])
    assert np.isnan(found[2])


@given(st.floats(0.01, 0.99), st.floats(1.01, 100.0))
def test_only_a_bet_that_gains_has_a_stake(win: float, odds: float) -> None:
    assert 0.0 <= stake(win, odds) < 0.25
    assert (stake(win, odds) > 0.0) == (win * odds > 1.0)


def test_longshots_are_over_ten_to_one_and_underrated() -> None:
    win, public = np.array([0.1, 0.1, 0.3]), np.array([0.07, 0.12, 0.2])
    assert_array_equal(longshots(win, public, np.array([12.0, 12.0, 4.0])), [True, False, False])


def test_bets_are_counted_with_their_error() -> None:
    win, odds = np.array([0.5, 0.5, 0.1]), np.array([2.2, 2.2, 5.0])
    found = fared(win, odds, np.array([True, False, True]), (1.0, 3.0))
    assert found[0]["bets"] == 2
    assert found[0]["return_percent"] == pytest.approx(10.0)
    assert (found[1]["bets"], found[1]["return_percent"]) == (0, 0.0)
