"""The language of rules: arithmetic, comparisons and logic over what the board shows, and nothing else."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import exp, log
from typing import Any

from streams.backtest.bets import BacktestError
from streams.backtest.board import Board, Horse

Value = float | str | bool | None

NAMES: dict[str, Callable[[Board, Horse], Value]] = {
    "odds": lambda _, horse: horse.price,
    "price": lambda _, horse: horse.price,
    "edge": lambda _, horse: horse.edge,
    "last": lambda _, horse: horse.quote.last,
    "back": lambda _, horse: horse.quote.back,
    "lay": lambda _, horse: horse.quote.lay,
    "win": lambda _, horse: horse.win,
    "place": lambda _, horse: horse.place,
    "public": lambda _, horse: horse.public,
    "form": lambda _, horse: horse.form,
    "rank": lambda _, horse: horse.rank,
    "draw": lambda _, horse: horse.draw,
    "weight": lambda _, horse: horse.weight,
    "body_weight": lambda _, horse: horse.body_weight,
    "number": lambda _, horse: horse.number,
    "jockey": lambda _, horse: horse.jockey,
    "trainer": lambda _, horse: horse.trainer,
    "field_size": lambda board, _: len(board.horses),
    "places": lambda board, _: board.places,
    "track": lambda board, _: board.track,
    "race_number": lambda board, _: board.number,
    "distance": lambda board, _: board.distance_furlongs,
    "surface": lambda board, _: board.surface,
    "going": lambda board, _: board.going,
    "race_type": lambda board, _: board.race_type,
    "race_class": lambda board, _: board.race_class,
    "purse": lambda board, _: board.purse_usd,
    "minutes_to_off": lambda board, _: board.minutes_to_off,
    "decision": lambda board, _: board.decision,
}
"""What a rule may ask, of the race and of one horse in it."""

FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "abs": abs, "log": log, "exp": exp}
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt,     ast.GtE: operator.ge, ast.In: lambda item, items: operator.contains(items, item),
    ast.NotIn: lambda item, items: not operator.contains(items, item),
}  # fmt: skip
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. A name that has no value for a horse makes a comparison with it false."""

    text: str
    _body: ast.expr
    _parameters: Mapping[str, float]

    def __call__(self, board: Board, horse: Horse) -> object:
        """Its value for a horse. Raises BacktestError where there is none, LookAheadError without a price."""
        try:
            return _value(self._body, board, horse, self._parameters)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise BacktestError(f"rule {self.text!r} has no value in {board.race_id}: {error}") from error


def expression(text: str, parameters: Mapping[str, float] | None = None) -> Expression:
    """The expression of a text such as "edge > 0.08 and odds < 20"; `parameters` are names with fixed values.

    Raises BacktestError for what is no expression, for names it does not know and for anything but
    arithmetic, comparisons, and, or, not, and the functions min, max, abs, log, exp.
    """
    parameters = dict(parameters or {})
    if len(text) > LONGEST:
        raise BacktestError(f"a rule has at most {LONGEST} characters, this one {len(text)}")
    try:
        body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BacktestError(f"rule {text!r} is no expression: {error}") from error
    _check(body, text, parameters)
    return Expression(text, body, parameters)


def _check(node: ast.expr, text: str, parameters: Mapping[str, float]) -> None:
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            parts: list[ast.expr] = []
        case ast.Name(id=name):
            _check_name(name, text, parameters)
            parts = []
        case ast.BoolOp(values=parts):
            pass
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            parts = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            parts = [left, right]
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in OPERATORS for op in ops):
            parts = [left, *others]
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            pass
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in FUNCTIONS:
            pass
        case _:
            raise BacktestError(f"rule {text!r}: {ast.unparse(node)!r} is not allowed in a rule")
    for part in parts:
        _check(part, text, parameters)


def _check_name(name: str, text: str, parameters: Mapping[str, float]) -> None:
    if name not in NAMES and name not in parameters:
        close = get_close_matches(name, [*NAMES, *parameters], 1)
        hint = f", did you mean {close[0]}?" if close else f": it knows {', '.join([*NAMES, *parameters])}"
        raise BacktestError(f"rule {text!r} knows no {name}{hint}")


def _value(node: ast.expr, board: Board, horse: Horse, parameters: Mapping[str, float]) -> Any:
    def of(part: ast.expr) -> Any:
        return _value(part, board, horse, parameters)

    value: Any
    match node:
        case ast.Constant(value=value):
            pass
        case ast.Name(id=name):
            value = parameters[name] if name in parameters else NAMES[name](board, horse)
        case ast.BoolOp(op=op, values=parts):
            value = (all if isinstance(op, ast.And) else any)(of(part) for part in parts)
        case ast.UnaryOp(op=sign, operand=operand):
            value = not of(operand) if isinstance(sign, ast.Not) else -of(operand)
        case ast.BinOp(left=left, op=sum_op, right=right):
            value = OPERATORS[type(sum_op)](of(left), of(right))
        case ast.Compare(left=left, ops=ops, comparators=others):
            value = _compared([of(part) for part in (left, *others)], ops)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            value = [of(part) for part in parts]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            value = FUNCTIONS[name](*(of(part) for part in arguments))
        case _:
            raise AssertionError(ast.dump(node))
    return value


def _compared(values: list[Any], ops: list[ast.cmpop]) -> bool:
    pairs = zip(ops, values, values[1:], strict=False)
    return None not in values and all(OPERATORS[type(op)](one, other) for op, one, other in pairs)
