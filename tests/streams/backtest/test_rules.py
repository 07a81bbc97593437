import pytest

from streams.backtest.bets import BacktestError
from streams.backtest.board import Board, Horse, NoPriceYetError, Quote
from streams.backtest.rules import expression


def horse(**changes: object) -> Horse:
    told = {
        "runner_id": "1", "number": "1", "name": "One", "win": 0.3, "place": 0.6, "public": 0.25,
        "form": 0.28, "quote": Quote(4.0), "rank": 2, "jockey": "Z Purton", "trainer": None, "draw": None,
        "weight": 120.0,
        "body_weight": 1000.0, "time": 0,
    }  # fmt: skip
    return Horse(**{**told, **changes})  # type: ignore[arg-type]


BOARD = Board(
    "R", "HKST", "2023-01-01", 1, "close", 0, 0, 0, 6.0, "TURF", "GOOD", "Flat", "Class 4", None, 3, "TOTE",
    False, (horse(), horse(runner_id="2")), 100.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("edge > 0.08 and odds < 20", True),
        ("edge > 0.3", False),
        ("not (1 < odds <= 3) or rank == 1", True),
        ("track in ('HKST', 'HKHV') and jockey != 'nobody'", True),
        ("max(win, public) * odds - 1", pytest.approx(0.2)),
        ("-1 + log(exp(2))", 1.0),
        ("form > public and form < win", True),
        ("draw < 4", False),  # it has none
        ("field_size == 2 and surface == 'TURF'", True),
        ("win > margin", False),
    ],
)
def test_rules_say_what_they_say(text: str, value: object) -> None:
    assert expression(text, {"margin": 0.5})(BOARD, BOARD.horses[0]) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "odds.__class__", "[x for x in (1,)]", "lambda: 1", "odds if 1 else 2",
        "f'{odds}'",
        "().__class__", "open('/etc/passwd')", "odds ** 99999", "odds[0]", "print(1)",
        "min(odds, key=1)", "(a := 1)",
    ],
)  # fmt: skip
def test_nothing_else_is_allowed(text: str) -> None:
    with pytest.raises(BacktestError, match=r"is not allowed in a rule|knows no"):
        expression(text)


@pytest.mark.parametrize("text", ["odds >", "", "odds > 1; 2", "import os", "\0"])
def test_what_is_no_expression_says_so(text: str) -> None:
    with pytest.raises(BacktestError, match="is no expression"):
        expression(text)


def test_a_slip_gets_a_hint() -> None:
    with pytest.raises(BacktestError, match="knows no edgy, did you mean edge"):
        expression("edgy > 1")


@pytest.mark.parametrize("name", ["finish_position", "result", "won", "starting_price", "dividend"])
def test_a_rule_cannot_name_the_future(name: str) -> None:
    with pytest.raises(BacktestError, match=f"knows no {name}"):
        expression(f"{name} == 1")


def test_a_price_that_was_not_there_is_an_error() -> None:
    with pytest.raises(NoPriceYetError, match="no price of One was known at"):
        expression("odds < 20")(BOARD, horse(quote=Quote()))


def test_what_cannot_be_worked_out_says_where() -> None:
    with pytest.raises(BacktestError, match=r"has no value in R: division by zero|float division"):
        expression("1 / (odds - 4)")(BOARD, BOARD.horses[0])
