"""One price a runner, whatever of back, lay and last there is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from models import MarketBatch, Quotes, consensus

Row = list[float]


def read(
    back: Row,
    lay: Row,
    last: Row,
    *,
    back_size: Row | None = None,
    lay_size: Row | None = None,
    traded: Row | None = None,
    total: float = 1.0,
) -> Quotes:
    def row(values: Row | None) -> np.ndarray:
        return np.array([values if values is not None else [0.0] * len(back)])

    batch = MarketBatch(
        back=row(back),
        back_size=row(back_size),
        lay=row(lay),
        lay_size=row(lay_size),
        last=row(last),
        traded=row(traded),
        past=np.zeros((1, len(back), 3)),
        places=np.array([3]),
        age_seconds=np.zeros(1),
    )
    return consensus(batch, total)


def test_equal_sizes_meet_in_the_middle_of_the_probabilities() -> None:
    quotes = read([2.0], [2.5], [0.0], back_size=[50.0], lay_size=[50.0])
    assert quotes.inverse[0, 0] == pytest.approx((1 / 2.0 + 1 / 2.5) / 2)
    assert quotes.spread[0, 0] == pytest.approx(1.0 - 2.0 / 2.5)


def test_money_waiting_to_be_laid_pulls_towards_the_back_price() -> None:
    wanted = read([2.0], [2.5], [0.0], back_size=[10.0], lay_size=[990.0]).inverse[0, 0]
    unwanted = read([2.0], [2.5], [0.0], back_size=[990.0], lay_size=[10.0]).inverse[0, 0]
    assert 0.495 < wanted < 0.5
    assert 0.4 < unwanted < 0.405


def test_a_tight_deep_book_hardly_hears_the_last_price() -> None:
    deep = read([4.0], [4.1], [4.1], back_size=[5000.0], lay_size=[5000.0], traded=[50_000.0]).inverse[0, 0]
    without = read([4.0], [4.1], [0.0], back_size=[5000.0], lay_size=[5000.0], traded=[50_000.0]).inverse[
        0, 0
    ]
    assert abs(deep - without) < 0.25 * (1 / 4.0 - 1 / 4.1)


def test_a_wide_book_leaves_the_word_to_the_last_price() -> None:
    assert 1.0 / read([2.0], [20.0], [6.0], back_size=[5.0], lay_size=[5.0], traded=[5000.0]).inverse[
        0, 0
    ] == pytest.approx(6.0, rel=0.02)


def test_the_last_price_cannot_leave_the_book() -> None:
    quotes = read([4.0, 4.0], [5.0, 5.0], [50.0, 1.5])
    assert (quotes.inverse >= 1 / 5.0).all()
    assert (quotes.inverse <= 1 / 4.0).all()


def test_a_lone_back_price_is_an_upper_bound_of_the_probability() -> None:
    quotes = read([4.0, 4.0, 4.0], [0.0] * 3, [5.0, 2.0, 0.0])
    assert_allclose(quotes.inverse, [[1 / 5.0, 1 / 4.0, 1 / 4.0]])
    assert quotes.spread.tolist() == [[1.0, 1.0, 1.0]]


def test_a_lone_lay_price_is_a_lower_bound_of_the_probability() -> None:
    quotes = read([0.0, 0.0, 0.0], [4.0] * 3, [5.0, 2.0, 0.0])
    assert_allclose(quotes.inverse, [[1 / 4.0, 1 / 2.0, 1 / 4.0]])


def test_last_prices_alone_are_taken_as_they_are() -> None:
    quotes = read([0.0] * 3, [0.0] * 3, [2.0, 3.0, 6.0])
    assert_allclose(quotes.inverse, [[1 / 2, 1 / 3, 1 / 6]])
    assert quotes.priced.all()


def test_a_book_of_back_prices_alone_is_read_in_full() -> None:
    assert_allclose(read([2.0, 3.0, 5.0], [0.0] * 3, [0.0] * 3).inverse, [[1 / 2, 1 / 3, 1 / 5]])


@pytest.mark.parametrize("lay", [0.0, 1000.0], ids=["lone back", "wide book"])
def test_a_placeholder_price_cannot_crowd_out_a_priced_field(lay: float) -> None:
    quotes = read(
        [1.01, 0.0, 0.0, 0.0],
        [lay, 0.0, 0.0, 0.0],
        [0.0, 2.0, 4.0, 8.0],
        back_size=[2.0] * 4,
        lay_size=[2.0] * 4,
    )
    assert quotes.inverse[0, 0] == pytest.approx(1.0 - 1 / 2 - 1 / 4 - 1 / 8)


def test_runners_without_a_price_share_what_the_others_leave() -> None:
    quotes = read([0.0] * 4, [0.0] * 4, [2.0, 4.0, 0.0, 0.0])
    assert_allclose(quotes.inverse, [[0.5, 0.25, 0.125, 0.125]])
    assert quotes.priced.tolist() == [[True, True, False, False]]


def test_and_at_least_one_in_a_thousand() -> None:
    assert read([0.0] * 3, [0.0] * 3, [1.5, 2.0, 0.0]).inverse[0, 2] == 0.001


def test_without_any_price_everyone_is_alike() -> None:
    quotes = read([0.0] * 4, [0.0] * 4, [0.0] * 4)
    assert quotes.inverse.tolist() == [[0.25] * 4]
    assert not quotes.priced.any()
    assert (quotes.spread == 1.0).all()


def test_a_place_book_shares_out_its_places() -> None:
    assert_allclose(read([0.0] * 4, [0.0] * 4, [1.25, 2.0, 0.0, 0.0], total=2.0).inverse[0, 2:], [0.35, 0.35])


@pytest.mark.parametrize("price", [1.0, 0.5, -3.0, 1000.1, np.inf, np.nan])
def test_a_price_outside_one_to_a_thousand_is_no_price(price: float) -> None:
    assert not read([price], [price], [price]).priced[0, 0]


def test_a_crossed_book_is_read_between_its_prices() -> None:
    inverse = read([5.0], [4.0], [0.0], back_size=[10.0], lay_size=[30.0]).inverse[0, 0]
    assert 1 / 5.0 < inverse < 1 / 4.0


PRICE = st.one_of(st.just(0.0), st.floats(1.001, 1000.0), st.sampled_from([1.01, 1000.0]))
SIZE = st.one_of(st.just(0.0), st.floats(0.01, 1e6))
RUNNER = st.tuples(PRICE, PRICE, PRICE, SIZE, SIZE, SIZE)


@given(runners=st.lists(RUNNER, min_size=1, max_size=20))
def test_an_estimate_is_a_probability_within_the_runner_s_own_prices(
    runners: list[tuple[float, ...]],
) -> None:
    columns = [list(column) for column in zip(*runners, strict=True)]
    back, lay, last, back_size, lay_size, traded = columns
    inverse = read(back, lay, last, back_size=back_size, lay_size=lay_size, traded=traded).inverse[0]
    assert ((inverse > 0.0) & (inverse < 1.0)).all()
    for estimate, (backed, laid, *_) in zip(inverse, runners, strict=True):
        if backed and laid and max(backed, laid) <= 2.9 * min(backed, laid):
            assert 1 / max(backed, laid) - 1e-12 <= estimate <= 1 / min(backed, laid) + 1e-12
