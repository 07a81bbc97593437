"""Exotic bets follow from win probabilities, and exponents are found again."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from models.exotics import (
    coupled,
    exacta,
    first_set,
    fit_exponents,
    order_log_chance,
    pick,
    quinella,
    set_log_chance,
    superfecta,
    trifecta,
    wins,
)
from models.places import DISCOUNTED, HARVILLE, finish_within

WIN = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=8).map(lambda each: np.array(each) / sum(each))
BENT = (1.0, 0.44, 0.22, 0.05, 0.0, -0.07, -0.08, -0.1)
ONE = np.zeros(1, dtype=np.intp)


@given(WIN)
def test_orders_share_out_everything(win: np.ndarray) -> None:
    assert exacta(win).sum() == pytest.approx(1.0)
    assert trifecta(win).sum() == pytest.approx(1.0)
    assert_allclose(exacta(win).sum(axis=1), win, atol=1e-12)
    assert_allclose(trifecta(win).sum(axis=2), exacta(win), atol=1e-12)


@given(WIN)
@settings(deadline=None)
def test_places_are_sums_of_orders(win: np.ndarray) -> None:
    both = exacta(win).sum(axis=0) + win
    assert_allclose(both, finish_within(win[None], 2, DISCOUNTED)[0], atol=1e-9)
    thirds = trifecta(win, BENT).sum(axis=(0, 1)) + exacta(win, BENT).sum(axis=0) + win
    assert_allclose(thirds, finish_within(win[None], 3, BENT)[0], atol=1e-9)


@given(WIN)
def test_harvilles_exacta_is_his_formula(win: np.ndarray) -> None:
    assert exacta(win, HARVILLE)[0, 1] == pytest.approx(win[0] * win[1] / (1.0 - win[0]))


@given(WIN)
def test_sets_are_sums_of_their_orders(win: np.ndarray) -> None:
    position = np.arange(1.0, len(win) + 1.0)
    assert quinella(win)[0, 1] == pytest.approx(exacta(win)[0, 1] + exacta(win)[1, 0])
    trio = sum(trifecta(win)[order] for order in permutations(range(3)))
    assert first_set(win, (0, 1, 2)) == pytest.approx(trio)
    assert np.exp(set_log_chance(win, position, ONE, 3)[0]) == pytest.approx(trio)
    assert np.exp(order_log_chance(win, position, ONE, 3)[0]) == pytest.approx(trifecta(win)[0, 1, 2])
    assert superfecta(win, (2, 0, 1)) == pytest.approx(trifecta(win)[2, 0, 1])


def slopes_of(exponents: tuple[float, ...]) -> list[float]:
    """What a log of win probability counts for the second and third place, near 2-1 and at 11-1."""
    return [exponents[at] + 2.0 * exponents[4 + at] * log for at in (1, 2) for log in (-1.0, -2.5)]


def test_exponents_and_bends_are_found_again() -> None:
    random = np.random.default_rng(2)
    races, runners, exponents = 12_000, 8, (1.0, 0.6, 0.5, 0.6, 0.0, -0.08, -0.1, 0.0)
    win = np.maximum(random.dirichlet(np.full(runners, 1.5), size=races), 1e-4)
    win /= win.sum(axis=1, keepdims=True)
    position = np.full((races, runners), np.nan)
    for place in (1, 2, 3):
        logs = np.log(win)
        score = (exponents[place - 1] + exponents[place + 3] * logs) * logs + random.gumbel(size=win.shape)
        chosen = np.where(np.isnan(position), score, -np.inf).argmax(axis=1)
        position[np.arange(races), chosen] = place
    starts = np.arange(0, races * runners, runners, dtype=np.intp)
    found = fit_exponents(win.ravel(), position.ravel(), starts)
    assert_allclose(slopes_of(found), slopes_of(exponents), atol=0.1)
    within = finish_within(win, 3, found)
    sure = within > 0.7
    assert within[sure].mean() == pytest.approx((position[sure] <= 3.0).mean(), abs=0.01)


def test_where_nothing_was_placed_the_usual_exponents_hold() -> None:
    win = np.array([0.4, 0.3, 0.2, 0.1])
    assert fit_exponents(win, np.array([1.0, np.nan, np.nan, np.nan]), ONE) == pytest.approx(DISCOUNTED)


def test_a_dead_heat_is_no_single_order() -> None:
    win = np.array([0.4, 0.3, 0.2, 0.1])
    assert np.isnan(order_log_chance(win, np.array([1.0, 2.0, 2.0, 4.0]), ONE, 2)).all()
    assert np.isnan(set_log_chance(win, np.array([1.0, 1.0, 3.0, 4.0]), ONE, 2)).all()


@pytest.mark.parametrize(
    ("selection", "ordered", "wanted"),
    [
        (("a", "b"), True, True),
        (("b", "a"), True, False),
        (("b", "a"), False, True),
        (("a", "c"), True, True),
        (("a", "d"), True, False),
        (("a", "x"), True, False),
        (("a", "a"), False, False),
        (("a", "b", "c"), True, True),
        (("a", "c", "b"), True, True),
    ],
)
def test_each_order_of_a_dead_heat_wins(selection: tuple[str, ...], ordered: bool, wanted: bool) -> None:
    assert wins(selection, {"a": 1, "b": 2, "c": 2, "d": 4}, ordered=ordered) is wanted


def test_legs_multiply_and_coupled_entries_add_up() -> None:
    assert pick([0.5, 0.2, 0.1]) == pytest.approx(0.01)
    assert coupled(np.array([0.1, 0.2, 0.7]), ("1", "2", "1")) == pytest.approx({"1": 0.8, "2": 0.2})
