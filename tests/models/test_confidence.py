"""Confidence falls with age, with width, with thinness and with runners that nobody priced."""

import numpy as np
import pytest

from models.confidence import PLAIN_CONFIDENCE, confidence_of


def confidence(spread: float = 0.02, money: float = 10_000.0, priced: int = 4, age: float = 0.0) -> float:
    known = np.arange(4) < priced
    return confidence_of(np.full(4, 0.25), known, np.full(4, spread), np.full((3, 4), money / 12), age)


def test_a_liquid_fresh_market_is_trusted() -> None:
    assert confidence(spread=0.005, money=1e6) > 0.9


def test_prices_without_money_keep_a_plain_confidence() -> None:
    assert confidence(money=0.0) == pytest.approx(PLAIN_CONFIDENCE)


def test_confidence_halves_every_five_minutes() -> None:
    assert confidence(age=300.0) == pytest.approx(confidence() / 2)
    assert confidence(age=np.inf) == 0.0


def test_an_age_below_zero_counts_as_fresh() -> None:
    assert confidence(age=-5.0) == confidence()


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"spread": 0.01}, {"spread": 0.1}),
        ({"money": 1e5}, {"money": 1e4}),
        ({"priced": 4}, {"priced": 3}),
    ],
)
def test_a_worse_market_is_trusted_less(better: dict[str, float], worse: dict[str, float]) -> None:
    assert confidence(**better) > confidence(**worse)  # type: ignore[arg-type]


def test_nobody_priced_is_no_confidence() -> None:
    assert confidence(priced=0) == 0.0
