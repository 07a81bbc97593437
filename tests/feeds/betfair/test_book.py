import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.betfair.book import RunnerBook, Side, is_price, projected
from feeds.betfair.messages import RunnerChange

PRICES = [1.01, 1.5, 2.0, 3.5, 7.2, 10.0, 55.0, 1000.0]
NOT_PRICES = [0.0, 1.0, -2.0, 1e9, 1000.01]
SIZES = [0.0, 0.01, 2.0, 150.0]
offers = st.tuples(st.sampled_from(PRICES), st.sampled_from(SIZES))
any_offers = st.tuples(st.sampled_from(PRICES + NOT_PRICES), st.sampled_from([*SIZES, -1.0]))
signs = st.sampled_from([1.0, -1.0])


def best_of(ladder: dict[float, float], sign: float) -> tuple[float, float] | tuple[None, None]:
    if not ladder:
        return None, None
    price = max(ladder) if sign > 0 else min(ladder)
    return price, ladder[price]


def runner_after(*changes: dict[str, Any]) -> RunnerBook:
    book = RunnerBook("1")
    for change in changes:
        book.apply(RunnerChange(1, **change), [])
    return book


@given(signs, st.lists(st.lists(any_offers, max_size=6), max_size=12))
def test_the_best_price_is_that_of_the_whole_ladder(
    sign: float, changes: list[list[tuple[float, float]]]
) -> None:
    side, ladder = Side(sign), dict[float, float]()
    for change in changes:
        before = best_of(ladder, sign)
        for price, size in change:
            if size == 0.0:
                ladder.pop(price, None)
            elif size > 0.0 and is_price(price):
                ladder[price] = size
        said = side.ladder(change, [])
        assert side.top() == best_of(ladder, sign)
        assert said or before == best_of(ladder, sign)


@given(signs, st.lists(st.tuples(st.integers(0, 3), st.sampled_from(PRICES), st.sampled_from(SIZES))))
def test_levels_keep_the_first_that_is_there(sign: float, changes: list[tuple[int, float, float]]) -> None:
    side, levels = Side(sign), dict[int, tuple[float, float]]()
    for level, price, size in changes:
        if size == 0.0:
            levels.pop(level, None)
        else:
            levels[level] = price, size
        before = side.top()
        changed = side.depth([(level, price, size)], [])
        assert side.top() == (levels[min(levels)] if levels else (None, None))
        assert changed == (side.top() != before)


@given(signs, st.lists(any_offers, max_size=20))
def test_every_offer_that_cannot_be_is_named_and_no_other(
    sign: float, offers: list[tuple[float, float]]
) -> None:
    problems: list[str] = []
    Side(sign).ladder(offers, problems)
    wrong = [(p, s) for p, s in offers if s < 0.0 or (s > 0.0 and not is_price(p))]
    assert problems == [f"offer {price:g} for {size:g} cannot be" for price, size in wrong]


def test_higher_is_better_to_back_and_lower_to_lay() -> None:
    book = runner_after({"atb": [(3.0, 10.0), (3.1, 5.0)], "atl": [(3.3, 7.0), (3.2, 8.0)]})
    quote = book.quote()
    assert (quote["back"], quote["back_size"], quote["lay"], quote["lay_size"]) == (3.1, 5.0, 3.2, 8.0)


def test_a_best_offer_taken_away_gives_way_to_the_next() -> None:
    book = runner_after({"atb": [(3.0, 10.0), (3.1, 5.0)]}, {"atb": [(3.1, 0.0)]})
    assert book.back.top() == (3.0, 10.0)
    assert runner_after({"atb": [(3.0, 10.0)]}, {"atb": [(3.0, 0.0)]}).back.top() == (None, None)


def test_deep_in_the_ladder_nothing_changes() -> None:
    book = runner_after({"atb": [(3.0, 10.0), (3.1, 5.0)]})
    assert not book.apply(RunnerChange(1, atb=[(2.5, 99.0), (3.0, 0.0)]), [])


def test_the_full_ladder_is_trusted_before_levels() -> None:
    book = runner_after({"batb": [(0, 4.0, 1.0)]}, {"atb": [(3.0, 10.0)]})
    assert book.back.top() == (3.0, 10.0)


@pytest.mark.parametrize("keys", [("batb", "batl"), ("bdatb", "bdatl")])
def test_levels_come_plain_or_with_display_prices(keys: tuple[str, str]) -> None:
    quote = runner_after({keys[0]: [(0, 3.0, 10.0)], keys[1]: [(0, 3.2, 8.0)]}).quote()
    assert (quote["back"], quote["lay"]) == (3.0, 3.2)


def test_a_level_of_price_or_size_zero_is_empty() -> None:
    book = runner_after({"batb": [(0, 3.0, 10.0), (1, 2.9, 5.0)]}, {"batb": [(0, 0.0, 0.0)]})
    assert book.back.top() == (2.9, 5.0)


@pytest.mark.parametrize("price", NOT_PRICES[1:])
def test_a_last_price_that_cannot_be_is_named_and_left_out(price: float) -> None:
    book, problems = runner_after({"ltp": 3.5}), list[str]()
    assert not book.apply(RunnerChange(1, ltp=price), problems)
    assert book.last == 3.5
    assert problems == [f"last traded price {price:g} cannot be"]


def test_a_last_price_of_zero_says_nothing() -> None:
    problems: list[str] = []
    assert not runner_after({"ltp": 3.5}).apply(RunnerChange(1, ltp=0.0), problems)
    assert problems == []


def test_volume_grows_and_a_negative_one_is_left_out() -> None:
    book = runner_after({"tv": 100.0}, {"tv": -5.0})
    assert book.traded == 100.0
    assert book.apply(RunnerChange(1, tv=120.0), [])


def test_the_same_again_changes_nothing() -> None:
    change: dict[str, Any] = {"ltp": 3.5, "tv": 10.0, "spn": 3.4, "spf": 3.6}
    assert not runner_after(change).apply(RunnerChange(1, **change), [])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, 1.0, 1e9])
def test_where_there_is_no_projected_price_there_is_none(value: float) -> None:
    assert projected(value) is None
    assert (
        runner_after({"spn": 3.4, "spf": 3.6}, {"spn": value, "spf": value}).quote()
        == RunnerBook("1").quote()
    )


def test_a_runner_of_whom_nothing_is_known_has_no_prices() -> None:
    quote = RunnerBook("47").quote()
    assert quote.pop("runner_id") == "47"  # type: ignore[misc]  # the test takes the record apart
    assert set(quote.values()) == {None}


@pytest.mark.parametrize(
    ("value", "answer"), [(1.01, True), (1000.0, True), (1.0, False), (1000.5, False), (math.nan, False)]
)
def test_prices_run_from_above_1_to_1000(value: float, answer: bool) -> None:
    assert is_price(value) is answer
