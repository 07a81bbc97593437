"""Prices shorten below zero and drift above it."""

from math import inf, log, nan

import numpy as np
import pytest
from numpy.testing import assert_allclose

from models import movement, relative, trend
from models.movement import SIGNAL_HORIZON


def moved(price: float, past: tuple[float, float, float]) -> np.ndarray:
    return movement(np.array([[price]]), np.array([[past]]))


def test_movement_is_the_log_of_the_price_ratio() -> None:
    assert_allclose(moved(4.0, (4.0, 5.0, 2.0)), [[[0.0, log(0.8), log(2.0)]]], rtol=0.0, atol=1e-15)


def test_movement_from_or_to_an_unknown_price_is_unknown() -> None:
    assert np.isnan(moved(4.0, (0.0, 5.0, 0.0)))[0, 0].tolist() == [True, False, True]
    assert np.isnan(moved(0.0, (4.0, 5.0, 6.0))).all()


@pytest.mark.parametrize(
    ("price", "five_minutes_ago", "word"),
    [
        (9.0, 10.0, "STEAM"),
        (2.7, 3.0, "STEAM"),
        (9.1, 10.0, "STEADY"),
        (11.4, 10.0, "STEADY"),
        (11.5, 10.0, "DRIFT"),
        (3.45, 3.0, "DRIFT"),
        (5.0, 0.0, "STEADY"),
    ],
)
def test_steam_is_ten_percent_shorter_and_drift_fifteen_longer_in_five_minutes(
    price: float, five_minutes_ago: float, word: str
) -> None:
    change = moved(price, (0.0, five_minutes_ago, 0.0))
    assert trend(relative(float(change[0, 0, SIGNAL_HORIZON]))) == word


def test_a_relative_change() -> None:
    assert relative(log(0.92)) == pytest.approx(-0.08)
    assert relative(nan) is None
    assert relative(0.0) == 0.0
    assert relative(-inf) == -1.0
