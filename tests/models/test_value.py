"""Value at odds after takeout, and how bets on it fared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from models.value import (
    LEAST_TAKEOUT,
    dividends,
    expected_return,
    expected_value,
    fared,
    kept_odds,
    longshots,
    stake,
)


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


def test_commission_is_taken_of_the_profit_alone() -> None:
    assert kept_odds(3.0, 0.05) == pytest.approx(2.9)
    assert expected_value(0.5, kept_odds(3.0, 0.05)) == pytest.approx(0.45)
    assert_allclose(kept_odds(np.array([3.0, 11.0]), 0.05), [2.9, 10.5])


def test_a_whole_pool_pays_what_it_shows() -> None:
    assert dividends([2.0, 2.6, 3.6, 0.0]) == [2.0, 2.6, 3.6, 0.0]


@given(st.lists(st.floats(2.0, 50.0), min_size=2, max_size=12))
def test_a_pool_s_dividends_leave_the_takeout(odds: list[float]) -> None:
    paid = dividends(odds)
    total = sum(1.0 / each for each in paid if each > 0.0)
    if all(paid):
        assert 1.0 - 1.0 / total >= LEAST_TAKEOUT - 1e-9
    assert all(each == 0.0 or each > 1.0 for each in paid)
