import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.simulator.ladder import HIGHEST, LADDER, PRICES, rung, settled


def test_the_ladder_has_350_prices_from_1_01_to_1000() -> None:
    assert len(PRICES) == 350
    assert (PRICES[0], PRICES[HIGHEST]) == (1.01, 1000.0)


@pytest.mark.parametrize(
    ("price", "following"),
    [
        (1.99, 2.0),
        (2.0, 2.02),
        (3.0, 3.05),
        (3.95, 4.0),
        (4.0, 4.1),
        (6.0, 6.2),
        (9.8, 10.0),
        (990.0, 1000.0),
    ],
)
def test_prices_step_as_the_exchange_publishes(price: float, following: float) -> None:
    assert PRICES[PRICES.index(price) + 1] == following


@given(st.integers(0, HIGHEST))
def test_a_price_of_the_ladder_is_on_its_rung(at: int) -> None:
    assert rung(LADDER[[at]])[0] == at


@given(st.floats(1.01, 1000.0))
def test_other_odds_lie_between_the_rungs_around_them(price: float) -> None:
    at = float(rung(np.array([price]))[0])
    assert PRICES[int(np.floor(at))] <= price * (1.0 + 1e-12)
    assert price * (1.0 - 1e-12) <= PRICES[int(np.ceil(at))]


@given(st.lists(st.floats(0.0, 349.0), min_size=1, max_size=70), st.floats(0.0, 349.0), st.floats(0.0, 3.0))
def test_settled_quotes_follow_only_once_they_are_off_by_the_slack(
    wanted: list[float], before: float, slack: float
) -> None:
    expected, at = [], before
    for each in wanted:
        at = max(each - slack, min(each + slack, at))
        expected.append(at)
    assert settled(np.array(wanted)[:, None], np.array([before]), slack)[:, 0].tolist() == expected
