import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.backtest.bets import BacktestError
from streams.backtest.staking import stakes_of


def test_plans_stake_money_shares_and_fractions_of_kelly() -> None:
    assert stakes_of("flat:10").stake(1_000, 2.0, None) == 10
    assert stakes_of("flat:10").stake(4, 2.0, None) == 4
    assert stakes_of("proportional:0.01").stake(1_000, None, None) == 10
    # p d - 1 over d - 1: .6 x 2 - 1 = .2 of the bankroll, a quarter of it
    assert stakes_of("kelly:0.25").stake(1_000, 2.0, 0.6) == pytest.approx(50)


@given(st.floats(1.01, 1000), st.floats(0, 1), st.floats(0, 1e6))
def test_kelly_never_bets_without_an_edge_nor_over_its_limit(
    price: float, chance: float, bankroll: float
) -> None:
    stake = stakes_of("kelly:1").stake(bankroll, price, chance)
    assert 0.0 <= stake <= bankroll * 0.05 + 1e-9
    if price * chance <= 1.0:
        assert stake == 0.0


@pytest.mark.parametrize(
    "text", ["flat", "flat:0", "kelly:2", "martingale:1", "flat:nan", "proportional:1.5"]
)
def test_what_is_no_plan_says_what_is(text: str) -> None:
    with pytest.raises(BacktestError, match=r"write flat:10, proportional:0\.01 or kelly:0\.25"):
        stakes_of(text)


def test_kelly_needs_a_price() -> None:
    with pytest.raises(BacktestError, match="Kelly needs a price"):
        stakes_of("kelly:0.5").stake(100, None, 0.5)
