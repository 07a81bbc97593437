"""The overround is removed as the literature and other packages remove it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from models import power, proportional, shin

# Published results. `implied`: README of the R package (Lindstroem, versions 0.1 to 0.3), 7 digits.
# `penaltyblog`: README of the Python package. `shin`: README of the Python package (Berk).
IMPLIED_ODDS = np.array([[4.20, 3.70, 1.95], [2.45, 3.70, 2.90], [2.05, 3.20, 3.80]])
# `implied` stopped its root finder at R's default tolerance, so it is right to five digits only.
IMPLIED_SOLVER = 3e-6
PENALTYBLOG_ODDS = np.array([[2.7, 2.3, 4.4]])

PRICES = st.one_of(st.floats(1.001, 1000.0), st.sampled_from([1.001, 1.01, 1.5, 100.0, 1000.0]))


@pytest.mark.parametrize(
    ("odds", "published", "digits"),
    [
        (
            IMPLIED_ODDS,
            [
                [0.2331556, 0.2646631, 0.5021813],
                [0.3988848, 0.2641264, 0.3369888],
                [0.4586948, 0.2938514, 0.2474538],
            ],
            7,
        ),
        (PENALTYBLOG_ODDS, [[0.35873804, 0.42112726, 0.2201347]], 8),
    ],
    ids=["implied", "penaltyblog"],
)
def test_proportional_as_published(odds: np.ndarray, published: list[list[float]], digits: int) -> None:
    assert_allclose(proportional(1.0 / odds), published, rtol=0.0, atol=0.6 * 10.0**-digits)


def test_power_as_published_by_implied() -> None:
    published = [
        [0.2311414, 0.2630644, 0.5057942],
        [0.4003156, 0.2627189, 0.3369655],
        [0.4667139, 0.2908985, 0.2423876],
    ]
    assert_allclose(power(1.0 / IMPLIED_ODDS), published, rtol=0.0, atol=IMPLIED_SOLVER)


def test_power_as_published_by_penaltyblog() -> None:
    expected = [[0.3591711, 0.42373075, 0.21709815]]
    assert_allclose(power(1.0 / PENALTYBLOG_ODDS), expected, rtol=0.0, atol=1e-8)
    assert_allclose((1.0 / PENALTYBLOG_ODDS) ** 1.0309132393169356, expected, rtol=0.0, atol=1e-8)


def test_shin_as_published_by_implied() -> None:
    chances, insiders = shin(1.0 / IMPLIED_ODDS)
    published = [
        [0.2315716, 0.2635742, 0.5048542],
        [0.4000221, 0.2629271, 0.3370508],
        [0.4645882, 0.2919788, 0.2434331],
    ]
    assert_allclose(chances, published, rtol=0.0, atol=IMPLIED_SOLVER)
    assert_allclose(insiders, [0.01061048, 0.01163552, 0.03182353], rtol=0.0, atol=2e-5)


def test_shin_as_published_by_shin_and_penaltyblog() -> None:
    chances, insiders = shin(1.0 / np.array([[2.6, 2.4, 4.3], [2.7, 2.3, 4.4]]))
    assert_allclose(
        chances[0], [0.37299406033208965, 0.4047794109200184, 0.2222265287474275], rtol=0.0, atol=1e-10
    )
    assert_allclose(chances[1], [0.35934392, 0.42324385, 0.21741223], rtol=0.0, atol=1e-8)
    assert_allclose(insiders, [0.01694251276407055, 0.016236442857291165], rtol=0.0, atol=1e-9)


def test_shin_of_two_runners_is_the_closed_form() -> None:
    chances, insiders = shin(1.0 / np.array([[1.5, 2.74]]))
    assert_allclose(chances, [[0.6508515815085157, 0.3491484184914841]], rtol=0.0, atol=1e-12)
    assert_allclose(insiders, [0.03172728540646625], rtol=0.0, atol=1e-12)


def test_shin_of_an_underround_book_is_proportional() -> None:
    prices = np.array([[0.5, 0.3, 0.15]])
    chances, insiders = shin(prices)
    assert insiders.tolist() == [0.0]
    assert_allclose(chances, proportional(prices), rtol=0.0, atol=1e-15)


def test_power_of_a_fair_book_is_the_book() -> None:
    fair = np.array([[0.5, 0.3, 0.2]])
    assert_allclose(power(fair), fair, rtol=0.0, atol=1e-15)


def test_power_of_one_runner_is_certain() -> None:
    assert power(np.array([[0.3], [0.999]])).tolist() == [[1.0], [1.0]]


def test_power_of_an_almost_certain_favourite() -> None:
    chances = power(1.0 / np.array([[1.01] + [1000.0] * 11]))
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert 0.98 < chances[0, 0] < 1.0 / 1.01


def test_power_takes_an_overround_more_from_outsiders() -> None:
    prices = 1.0 / np.array([[2.0, 3.0, 5.0, 10.0]]) * 1.1
    kept = power(prices) / proportional(prices)
    assert (np.diff(kept) < 0.0).all()


@pytest.mark.parametrize("total", [2, 3, 4])
def test_a_place_book_sums_to_the_places_and_stays_below_one(total: int) -> None:
    chances = power(
        1.0 / np.array([[1.05, 1.2, 1.5, 2.0, 4.0, 11.0], [1.01, 1.01, 1.3, 9.0, 9.0, 50.0]]), total
    )
    assert_allclose(chances.sum(axis=1), total, rtol=0.0, atol=1e-12)
    assert chances.max() < 1.0


def test_everyone_is_placed_when_there_are_no_more_runners_than_places() -> None:
    assert power(np.array([[0.5, 0.9, 0.7]]), 3).tolist() == [[1.0, 1.0, 1.0]]


@given(prices=st.lists(PRICES, min_size=1, max_size=40), total=st.integers(1, 4))
def test_any_book_sums_to_its_total(prices: list[float], total: int) -> None:
    chances = power(1.0 / np.array([prices]), total)
    assert chances.sum() == pytest.approx(min(total, len(prices)), abs=1e-12)
    assert ((chances >= 0.0) & (chances <= 1.0)).all()


@given(prices=st.lists(st.floats(1.001, 1000.0), min_size=2, max_size=40))
def test_power_and_shin_keep_the_order_of_prices(prices: list[float]) -> None:
    inverse = 1.0 / np.sort(np.array([prices]))
    chances, insiders = shin(inverse)
    assert (np.diff(power(inverse)) <= 1e-15).all()
    assert (np.diff(chances) <= 1e-15).all()
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert 0.0 <= insiders[0] <= 1.0


@given(prices=st.lists(st.floats(1.001, 1000.0), min_size=2, max_size=40))
def test_shin_solves_its_own_equation(prices: list[float]) -> None:
    inverse = 1.0 / np.array([prices])
    chances, insiders = shin(inverse)
    z, book = float(insiders[0]), inverse.sum()
    if book > 1.0:
        root = np.sqrt(z * z + 4.0 * (1.0 - z) * inverse**2 / book)
        assert_allclose(chances * 2.0 * (1.0 - z), root - z, rtol=0.0, atol=1e-9)
