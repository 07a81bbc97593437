"""The likeliest bets are those that every bet, worked out one by one and sorted, begins with."""

from itertools import combinations, permutations, product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.exotics import first_set, superfecta
from models.likeliest import MOST_RUNNERS, POOLS, likeliest, selections
from models.places import DISCOUNTED

WIN = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=6).map(lambda each: np.array(each) / sum(each))
BENT = (1.0, 0.44, 0.24, 0.07, 0.0, -0.07, -0.08, -0.09)
FIELD = np.array([0.4, 0.3, 0.2, 0.1])


@given(WIN, st.sampled_from(sorted(POOLS)), st.sampled_from([DISCOUNTED, BENT]))
@settings(deadline=None, max_examples=40)
def test_the_likeliest_are_the_first_of_all(win: np.ndarray, name: str, exponents: tuple[float, ...]) -> None:
    pool, runners = POOLS[name], range(len(win))
    if pool.ordered:
        every = [superfecta(win, order, exponents) for order in permutations(runners, pool.places)]
    else:
        every = [first_set(win, members, exponents) for members in combinations(runners, pool.places)]
    found = likeliest(win, pool, 5, exponents)
    assert [each.chance for each in found] == pytest.approx(sorted(every, reverse=True)[:5], rel=1e-9)
    single = superfecta if pool.ordered else first_set
    assert [single(win, each.members, exponents) for each in found] == pytest.approx(
        [each.chance for each in found], rel=1e-9
    )
    whole = likeliest(win, pool, 10_000, exponents)
    assert len(whole) == len(every)
    assert sum(each.chance for each in whole) == pytest.approx(1.0)


def test_an_exacta_of_harville_s_arithmetic() -> None:
    best = likeliest(FIELD, POOLS["exacta"], 1, (1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0))[0]
    assert best.members == (0, 1)
    assert best.chance == pytest.approx(0.4 * 0.3 / 0.6)


def test_some_runners_alone_keep_their_chances_in_the_whole_field() -> None:
    boxed = likeliest(FIELD, POOLS["trifecta"], 10, among=[3, 0, 2])
    assert {each.members for each in boxed} == set(permutations((0, 2, 3)))
    whole = {each.members: each.chance for each in likeliest(FIELD, POOLS["trifecta"], 100)}
    assert all(whole[each.members] == pytest.approx(each.chance) for each in boxed)


def test_of_equal_chances_the_lower_positions_come_first() -> None:
    even = likeliest(np.full(4, 0.25), POOLS["trio"], 2)
    assert [each.members for each in even] == [(0, 1, 2), (0, 1, 3)]


def test_too_few_runners_have_no_combination_and_too_many_are_refused() -> None:
    assert likeliest(np.array([0.6, 0.4]), POOLS["trio"], 5) == []
    assert likeliest(FIELD, POOLS["trio"], 5, among=[0, 1]) == []
    with pytest.raises(ValueError, match="41 runners"):
        likeliest(np.full(MOST_RUNNERS + 1, 1.0 / 41), POOLS["exacta"], 5)


def test_what_cannot_happen_is_no_bet_and_who_cannot_win_may_be_second() -> None:
    found = likeliest(np.array([1.0, 0.0, 0.0]), POOLS["exacta"], 10)
    assert [(each.members, each.chance) for each in found] == [((0, 1), 0.5), ((0, 2), 0.5)]


def test_a_field_of_forty_equal_runners_is_gone_through_in_blocks() -> None:
    even = np.full(40, 1.0 / 40)
    found = likeliest(even, POOLS["superfecta"], 3)
    assert [each.members for each in found] == [(0, 1, 2, 3), (0, 1, 2, 4), (0, 1, 2, 5)]
    assert found[0].chance == pytest.approx(1.0 / (40 * 39 * 38 * 37))
    assert likeliest(even, POOLS["first4"], 1)[0].chance == pytest.approx(24.0 / (40 * 39 * 38 * 37))


@given(st.lists(WIN, min_size=2, max_size=3), st.integers(1, 8))
def test_selections_of_several_races_are_products(legs: list[np.ndarray], limit: int) -> None:
    found = selections(legs, limit)
    every = sorted((prod(chances) for chances in product(*legs)), reverse=True)
    assert [each.chance for each in found] == pytest.approx(every[:limit])
    for each in found:
        assert prod(leg[at] for leg, at in zip(legs, each.members, strict=True)) == pytest.approx(each.chance)


def test_selections_that_cannot_happen_are_left_out() -> None:
    found = selections([np.array([0.6, 0.4, 0.0]), np.array([0.0, 1.0])], 10)
    assert [each.members for each in found] == [(0, 1), (1, 1)]
    assert selections([np.array([0.0]), FIELD], 10) == []
