"""What people do together is told against what the odds expected, shrunk, with bounds."""

import numpy as np
import pytest

from models.synergy import distance_band, record, situation


def sums(wins: float, expected: float) -> np.ndarray:
    return np.array([[100.0, 0.0, 0.0, wins, expected, 0.0]])


def test_without_runs_everything_is_as_expected_and_uncertain() -> None:
    found = record(sums(0.0, 0.0))
    assert found.ratio[0] == 1.0
    assert found.low[0] < 0.5
    assert found.high[0] > 1.8


def test_bounds_are_those_of_the_gamma_posterior() -> None:
    from scipy.stats import gamma  # type: ignore[import-untyped]

    found = record(sums(30.0, 20.0))
    exact = gamma(33.0, scale=1.0 / 23.0)
    assert found.low[0] == pytest.approx(exact.ppf(0.05), rel=0.003)
    assert found.high[0] == pytest.approx(exact.ppf(0.95), rel=0.003)
    assert found.low[0] < found.ratio[0] < found.high[0]


def test_situations_and_distances_have_names() -> None:
    assert situation(5.0) == "quick"
    assert distance_band(float("nan")) == ""
    assert distance_band(14.0) == "long"
