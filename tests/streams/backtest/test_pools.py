import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Dividend
from streams.backtest.pools import moved, paid

DIVIDENDS = [
    Dividend(pool="WIN", selection="11", dividend=187.5, unit_stake=10.0),
    Dividend(pool="QUINELLA", selection="1-11", dividend=1138.5, unit_stake=10.0),
    Dividend(pool="TIERCE", selection="11-1-9", dividend=25913.0, unit_stake=10.0),
    Dividend(pool="TRIO", selection="1-9-11", dividend=4958.0, unit_stake=10.0),
    Dividend(pool="QUARTET", selection="11-1-9-3", dividend=386757.6, unit_stake=1.0),
    Dividend(pool="DOUBLE", selection="12/11", dividend=177.0, unit_stake=10.0),
    Dividend(pool="PICK 3", selection="4/1,2/11", dividend=75.25, unit_stake=1.0),
    Dividend(pool="PICK 6 (5 OF 6)", selection="4/6/8/2/7/4", dividend=409.0, unit_stake=2.0),
    Dividend(pool="Exacta", selection="11-1", dividend=20.0, unit_stake=2.0),
]


@pytest.mark.parametrize(
    ("pool", "numbers", "back"),
    [
        ("WIN", ["11"], 18.75),
        ("WIN", ["1"], 0.0),
        ("QUINELLA", ["11", "1"], 113.85),
        ("TRIFECTA", ["11", "1", "9"], 2591.3),
        ("TRIFECTA", ["11", "9", "1"], 0.0),
        ("TRIO", ["9", "11", "1"], 495.8),
        ("SUPERFECTA", ["11", "1", "9", "3"], 386757.6),
        ("DOUBLE", ["12", "11"], 17.7),
        ("EXACTA", ["11", "1"], 10.0),
        ("PICK 3", ["4", "2", "11"], 75.25),
        ("TREBLE", ["4", "1", "11"], 75.25),
        ("PICK 3", ["4", "12", "11"], 0.0),
        ("PICK 6", ["4", "6", "8", "2", "7", "4"], None),
        ("PLACE", ["11"], None),
    ],
)
def test_bets_are_paid_by_the_dividends_of_their_pool(
    pool: str, numbers: list[str], back: float | None
) -> None:
    assert paid(pool, numbers, DIVIDENDS) == (None if back is None else pytest.approx(back))


@given(st.floats(1.1, 500), st.floats(0.01, 1e6), st.floats(1e3, 1e9))
def test_own_money_only_lowers_a_dividend(dividend: float, stake: float, pool: float) -> None:
    assert moved(dividend, stake, None, 0.175) == dividend
    assert 0.0 < moved(dividend, stake, pool, 0.0) <= dividend * (1 + 1e-12)


def test_a_small_stake_in_a_large_pool_moves_next_to_nothing() -> None:
    assert moved(10.0, 10.0, 1e9, 0.175) == pytest.approx(10.0, rel=1e-6)
