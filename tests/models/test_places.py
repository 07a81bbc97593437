"""Finishing probabilities agree with an enumeration of every finishing order."""

from itertools import permutations
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from models import DISCOUNTED, HARVILLE, finish_within

BENT = (1.0, 0.441, 0.243, 0.073, 0.0, -0.07, -0.08, -0.089)
FIELDS = st.lists(
    st.one_of(st.floats(1e-3, 1.0), st.sampled_from([0.0, 1e-15, 1e-9, 1.0])), min_size=1, max_size=12
).filter(lambda shares: sum(shares) > 1e-3)


def win_row(shares: list[float]) -> NDArray[np.float64]:
    return np.array([shares]) / sum(shares)


def enumerated(win: list[float], places: int, exponents: tuple[float, ...]) -> list[float]:
    """Chances from the probability of every order of the first `places`, one factor a place."""
    chances = [0.0] * len(win)
    for order in permutations(range(len(win)), places):
        probability = 1.0
        for place, runner in enumerate(order):
            left = [other for other in range(len(win)) if other not in order[:place]]
            weights = {o: win[o] ** (exponents[place] + exponents[4 + place] * log(win[o])) for o in left}
            probability *= weights[runner] / sum(weights.values())
        for runner in order:
            chances[runner] += probability
    return chances


def test_harville_by_hand() -> None:
    # 1/2, 1/3, 1/6: the first is second with 1/3 (1/2)/(2/3) + 1/6 (1/2)/(5/6) = 7/20, and so on.
    within = finish_within(np.array([[1 / 2, 1 / 3, 1 / 6]]), 2, HARVILLE)
    assert_allclose(within, [[17 / 20, 11 / 15, 5 / 12]], rtol=0.0, atol=1e-15)


@pytest.mark.parametrize("exponents", [HARVILLE, DISCOUNTED, BENT], ids=["harville", "discounted", "bent"])
@pytest.mark.parametrize("places", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "win",
    [
        [0.2] * 5,
        [0.4, 0.25, 0.15, 0.1, 0.06, 0.04],
        [0.02, 0.5, 0.03, 0.3, 0.1, 0.04, 0.01],
        [0.999, 0.0004, 0.0003, 0.0002, 0.0001],
    ],
    ids=["equal", "six", "seven", "favourite"],
)
def test_as_every_order_enumerated(win: list[float], places: int, exponents: tuple[float, ...]) -> None:
    within = finish_within(np.array([win]), places, exponents)
    assert_allclose(within, [enumerated(win, places, exponents)], rtol=1e-12, atol=0.0)


def test_discounting_lengthens_favourites_for_the_places() -> None:
    win = np.array([[0.5, 0.2, 0.15, 0.1, 0.05]])
    plain, discounted = finish_within(win, 3, HARVILLE), finish_within(win, 3)
    assert discounted[0, 0] < plain[0, 0]
    assert discounted[0, -1] > plain[0, -1]


def test_one_place_is_the_win() -> None:
    win = np.array([[0.7, 0.2, 0.1]])
    assert finish_within(win, 1).tolist() == win.tolist()


@pytest.mark.parametrize("places", [2, 3, 4])
def test_everyone_is_placed_in_a_field_no_larger_than_the_places(places: int) -> None:
    assert (finish_within(np.array([[0.9, 0.1]]), places) == 1.0).all()


@pytest.mark.parametrize("places", [0, 5])
def test_places_that_the_model_has_no_exponent_for_are_refused(places: int) -> None:
    with pytest.raises(ValueError, match="places must be from 1 to 4"):
        finish_within(np.array([[0.5, 0.5]]), places)


@pytest.mark.parametrize("exponents", [HARVILLE, DISCOUNTED, BENT], ids=["harville", "discounted", "bent"])
def test_runners_that_cannot_win_share_the_places_nobody_else_can_take(exponents: tuple[float, ...]) -> None:
    within = finish_within(np.array([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]]), 3, exponents)
    assert_allclose(within[0], [1.0, 2 / 3, 2 / 3, 2 / 3], rtol=0.0, atol=1e-6)
    assert_allclose(within[1], [1.0, 1.0, 0.5, 0.5], rtol=0.0, atol=1e-6)


def test_forty_runners_and_four_places() -> None:
    win = np.random.default_rng(5).dirichlet(np.ones(40), 3)
    within = finish_within(win, 4)
    assert_allclose(within.sum(axis=1), 4.0, rtol=0.0, atol=1e-9)
    assert within[1:2].tobytes() == finish_within(win[1:2], 4).tobytes()


@given(shares=FIELDS, places=st.integers(1, 4), exponents=st.sampled_from([HARVILLE, DISCOUNTED, BENT]))
def test_rows_sum_to_the_places_and_hold_the_win(
    shares: list[float], places: int, exponents: tuple[float, ...]
) -> None:
    win = win_row(shares)
    within = finish_within(win, places, exponents)
    assert within.sum() == pytest.approx(min(places, len(shares)), abs=1e-9)
    assert (within >= win - 1e-12).all()
    assert (within <= 1.0).all()


@given(shares=FIELDS, places=st.integers(1, 4), exponents=st.sampled_from([HARVILLE, DISCOUNTED, BENT]))
def test_a_better_chance_to_win_is_no_worse_for_a_place(
    shares: list[float], places: int, exponents: tuple[float, ...]
) -> None:
    within = finish_within(win_row(sorted(shares)), places, exponents)
    assert (np.diff(within) >= -1e-12).all()


@given(shares=FIELDS, places=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_the_order_of_runners_does_not_matter(shares: list[float], places: int, seed: int) -> None:
    win = win_row(shares)
    order = np.random.default_rng(seed).permutation(len(shares))
    assert_allclose(
        finish_within(win[:, order], places), finish_within(win, places)[:, order], rtol=0.0, atol=1e-12
    )


@settings(max_examples=30)
@given(
    runners=st.integers(1, 24),
    places=st.integers(1, 4),
    races=st.sampled_from([1, 7, 64, 300]),
    seed=st.integers(0),
)
def test_a_race_has_the_same_bits_alone_and_in_a_block(
    runners: int, places: int, races: int, seed: int
) -> None:
    win = np.random.default_rng(seed).dirichlet(np.ones(runners), races)
    block = finish_within(win, places)
    for at in range(0, races, 37):
        assert block[at : at + 1].tobytes() == finish_within(win[at : at + 1], places).tobytes()
