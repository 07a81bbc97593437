"""Wins against those expected: sums that can be taken back, ratios shrunk to what stands above, bounds."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tallies import Counted, Start, Tally, book_of, ratio_of, strength_of, total

CHANCES = st.floats(0.005, 0.9)
STARTS = st.lists(
    st.one_of(
        st.builds(lambda won, chance: Start(won, share=chance), st.booleans(), CHANCES),
        st.builds(lambda won, chance: Start(won, alone=chance), st.booleans(), CHANCES),
    ),
    max_size=30,
)
WINS, EXPECTED, STRENGTH = st.integers(0, 300), st.floats(0.0, 300.0), st.floats(3.0, 400.0)


def counted(starts: list[Start]) -> Tally:
    tally = Tally()
    for each in starts:
        tally.add(each)
    return tally


@given(STARTS, STARTS)
def test_a_tally_is_the_sum_of_its_parts_and_gives_back_what_is_taken_back(
    one: list[Start], other: list[Start]
) -> None:
    both = counted(one + other)
    assert total([counted(one), counted(other)]).runs == both.runs
    assert total([counted(one), counted(other)]).expected(1.2) == pytest.approx(both.expected(1.2))
    for each in other:
        both.add(each, sign=-1)
    assert (both.runs, both.wins) == (len(one), sum(each.won for each in one))
    assert both.expected(1.2) == pytest.approx(counted(one).expected(1.2), abs=1e-9)


@given(STARTS, st.floats(1.0, 1.5), st.floats(0.3, 3.0))
def test_wins_vary_by_no_more_than_a_poisson_count(starts: list[Start], book: float, ratio: float) -> None:
    _, expected, variance = counted(starts).counted(book, ratio)
    assert 0.0 <= variance <= expected


@given(st.lists(st.builds(lambda won, c: Start(won, alone=c), st.booleans(), CHANCES), max_size=200))
def test_the_book_lies_between_the_usual_one_and_what_the_runs_say(starts: list[Start]) -> None:
    told = counted(starts)
    found = book_of(told)
    if told.wins:
        low, high = sorted((1.18, told.alone / told.wins))
        assert low - 1e-9 <= found <= high + 1e-9
    assert book_of(told, usual=1.0) < found


@given(WINS, EXPECTED, STRENGTH)
def test_a_ratio_lies_between_what_was_seen_and_1_and_within_its_bounds(
    wins: int, expected: float, strength: float
) -> None:
    found = ratio_of(wins, expected, strength)
    seen = wins / expected if expected > 0.0 else (1.0 if wins == 0 else float("inf"))
    assert min(seen, 1.0) - 1e-9 <= found.ratio <= max(seen, 1.0) + 1e-9
    assert 0.0 <= found.low < found.ratio < found.high
    assert 0.0 <= found.confidence < 1.0


@given(WINS, EXPECTED, STRENGTH)
def test_another_win_raises_it_and_more_doubt_of_pairs_that_differ_draws_it_less(
    wins: int, expected: float, strength: float
) -> None:
    found = ratio_of(wins, expected, strength)
    assert ratio_of(wins + 1, expected, strength).ratio > found.ratio
    assert abs(ratio_of(wins, expected, 2 * strength).ratio - 1) <= abs(found.ratio - 1) + 1e-12


@given(st.integers(3, 100), st.floats(0.5, 2.0), STRENGTH)
def test_more_of_the_same_narrows_the_bounds(wins: int, times: float, strength: float) -> None:
    few, many = (ratio_of(n * wins, n * wins / times, strength) for n in (1, 4))
    assert many.high / many.low < few.high / few.low


@given(WINS, EXPECTED, STRENGTH, WINS, EXPECTED)
def test_a_part_is_drawn_to_its_whole_whose_doubt_it_takes_over(
    wins: int, expected: float, strength: float, part: int, of: float
) -> None:
    whole = ratio_of(wins, expected, strength)
    found = ratio_of(part, of, strength, above=whole)
    seen = part / of if of > 0.0 else (whole.ratio if part == 0 else float("inf"))
    assert min(seen, whole.ratio) - 1e-9 <= found.ratio <= max(seen, whole.ratio) + 1e-9
    certain = whole._replace(shape=1e12)
    assert found.shape < ratio_of(part, of, strength, above=certain).shape + 1e-9


def test_a_part_without_runs_is_as_its_whole_and_less_certain() -> None:
    whole = ratio_of(30, 20.0, 10.0)
    found = ratio_of(0, 0.0, 25.0, above=whole)
    assert found.ratio == pytest.approx(whole.ratio)
    assert found.low < whole.low
    assert found.high > whole.high


def test_bounds_are_those_of_the_gamma_posterior() -> None:
    from scipy.stats import gamma  # type: ignore[import-untyped]

    found = ratio_of(30, 20.0, 3.0)
    exact = gamma(33.0, scale=1.0 / 23.0)
    assert found.low == pytest.approx(exact.ppf(0.05), rel=0.003)
    assert found.high == pytest.approx(exact.ppf(0.95), rel=0.003)
    assert found.tells
    assert not ratio_of(22, 20.0, 3.0).tells


def test_the_prior_is_found_again_from_pairs_that_differ_so_and_is_strong_where_they_differ_by_chance() -> (
    None
):
    random = np.random.default_rng(1)
    chances = random.uniform(0.03, 0.15, (3_000, 100))
    expected, variance = chances.sum(axis=1), (chances * (1 - chances)).sum(axis=1)
    for strength, low, high in ((10.0, 8.0, 12.5), (1e9, 200.0, 400.0)):
        true = random.gamma(strength, 1 / strength, 3_000)
        wins = (random.random(chances.shape) < chances * true[:, None]).sum(axis=1)
        found = strength_of(map(Counted, wins.tolist(), expected.tolist(), variance.tolist()))
        assert low <= found <= high


@given(st.lists(st.builds(Counted, st.integers(0, 50), st.floats(0.0, 50.0), st.floats(0.0, 50.0))))
def test_whatever_was_counted_the_prior_is_worth_3_to_400_wins(tallies: list[Counted]) -> None:
    assert 3.0 <= strength_of(tallies) <= 400.0


def test_ninety_of_a_hundred_bounds_hold_the_true_ratio() -> None:
    random = np.random.default_rng(2)
    true = random.gamma(20.0, 1 / 20.0, 2_000)
    wins = random.poisson(8.0 * true)
    held = sum(
        found.low <= ratio <= found.high
        for ratio, n in zip(true, wins.tolist(), strict=True)
        for found in [ratio_of(n, 8.0, 20.0)]
    )
    assert abs(held / 2_000 - 0.9) < 4 * sqrt(0.09 / 2_000)
