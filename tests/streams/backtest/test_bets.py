import pytest

from streams.backtest.bets import BacktestError, Bet, pick_of


@pytest.mark.parametrize(
    ("bet", "reason"),
    [
        ({"pool": "WINN", "runners": ("1",)}, "is no pool"),
        ({"pool": "EXACTA", "runners": ("1",)}, "names 2 runners"),
        ({"pool": "EXACTA", "runners": ("1", "1")}, "names 2 runners"),
        ({"pool": "TRIO", "runners": ("1", "2", "3"), "venue": "EXCHANGE"}, "is a pool of the tote"),
        ({"pool": "WIN", "runners": ("1",), "side": "LAY"}, "only an exchange"),
        ({"pool": "DOUBLE", "runners": ("1", "2"), "races": ("A",)}, "names 2 races"),
    ],
)
def test_what_could_be_no_bet_says_why(bet: dict[str, object], reason: str) -> None:
    with pytest.raises(BacktestError, match=reason):
        Bet(**bet)  # type: ignore[arg-type]


def test_picks_name_as_many_races() -> None:
    assert (pick_of("DOUBLE"), pick_of("PICK 6"), pick_of("PICK 1"), pick_of("WIN")) == (2, 6, None, None)
