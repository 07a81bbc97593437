import pytest

from streams.backtest.bets import BacktestError
from streams.backtest.strategies import recipe_of


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({}, "a rule says when it bets"),
        ({"when": "win > 0.5", "stak": 3}, "a rule knows no stak"),
        ({"when": "win > 0.5", "pool": "LOTTERY"}, "a rule bets on the pools of one race"),
        ({"when": "win > 0.5", "pool": "DOUBLE"}, "a rule bets on the pools of one race"),
        ({"when": "win > 0.5", "side": "MAYBE"}, "one of BACK, LAY"),
        ({"when": "win > limit"}, "knows no limit"),
    ],
)
def test_a_file_that_is_no_rule_says_why(told: dict[str, object], reason: str) -> None:
    with pytest.raises(BacktestError, match=reason):
        recipe_of(told, "rule")


def test_parameters_are_names_with_values_that_a_grid_replaces() -> None:
    recipe = recipe_of(
        {"when": "edge > margin", "parameters": {"margin": 0.1}, "grid": {"margin": [0.2]}}, "rule"
    )
    assert recipe.rule().when._parameters == {"margin": 0.1}
    assert recipe.rule(margin=0.2).when._parameters == {"margin": 0.2}
