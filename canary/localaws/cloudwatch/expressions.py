"""
Metric math: arithmetic, comparisons, IF, FILL and the aggregates.

The syntax is close enough to Python's for Python's parser to read it; nothing of it is run as
Python.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

Series = dict[int, float]
Value = float | Series | list[Series]
Lookup = Callable[[str], Series]

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[float, float], float]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_SINGLE: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
}
_FUNCTIONS = ("IF", "FILL", *_AGGREGATES, *_SINGLE)
_ARGUMENTS = {"IF": (2, 3), "FILL": (2,)}  # how many a function takes, where it is not one
_TRUTHS = {"TRUE": 1.0, "FALSE": 0.0}
_CONSTANTS = ("REPEAT", *_TRUTHS)


class ExpressionError(ValueError):
    """The expression cannot be read, or uses a part of metric math that is not supported here."""


@lru_cache(maxsize=256)
def parse(expression: str) -> ast.expr:
    """The expression's tree."""
    text = expression.replace("^", "**").replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", text)).strip()
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"Invalid expression syntax: {expression!r}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) not in _FUNCTIONS:
            name = ast.unparse(node.func)
            raise ExpressionError(f"Not supported here in metric math: the function {name}")
    return tree


@lru_cache(maxsize=256)
def references(expression: str) -> tuple[str, ...]:
    """The ids of the queries that the expression reads, in their order of appearance."""
    tree = parse(expression)
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in calls and node.id not in _CONSTANTS
    ]
    return tuple(dict.fromkeys(names))


def evaluate(expression: str, lookup: Lookup, timeline: Sequence[int]) -> Series:
    """The time series that the expression gives over the timeline."""
    result = _Evaluation(lookup, timeline).value(parse(expression))
    if not isinstance(result, dict):
        raise ExpressionError(f"The expression {expression!r} does not give a time series")
    return result


class _Evaluation:
    def __init__(self, lookup: Lookup, timeline: Sequence[int]) -> None:
        self._lookup = lookup
        self._timeline = timeline

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name):
                return _TRUTHS[name] if name in _TRUTHS else self._lookup(name)
            case ast.List(elts=elements):
                return [self._series(element) for element in elements]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
        return self._operation(node)

    def _operation(self, node: ast.expr) -> Value:
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _broadcast(operator.neg, self.value(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return _broadcast(_ARITHMETIC[type(op)], self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISON:
                return _broadcast(_COMPARISON[type(op)], self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=operands):
                every = all if isinstance(op, ast.And) else any
                return _broadcast(lambda *v: float(every(v)), *map(self.value, operands))
        raise ExpressionError(f"Not supported here in metric math: {ast.unparse(node)!r}")

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        if len(arguments) not in _ARGUMENTS.get(name, (1,)):
            raise ExpressionError(f"The function {name} does not take {len(arguments)} arguments")
        if name == "FILL":
            return self._fill(*arguments)
        values = map(self.value, arguments)
        if name == "IF":
            return _if(*values)
        if name in _AGGREGATES:
            return _aggregate(_AGGREGATES[name], *values)
        return _broadcast(_SINGLE[name], *values)

    def _series(self, node: ast.expr) -> Series:
        value = self.value(node)
        if not isinstance(value, dict):
            raise ExpressionError(f"{ast.unparse(node)!r} is not a time series")
        return value

    def _fill(self, node: ast.expr, filler: ast.expr) -> Series:
        series = self._series(node)
        if isinstance(filler, ast.Name) and filler.id == "REPEAT":
            return _repeat(series, self._timeline)
        value = self.value(filler)
        if isinstance(value, list):
            raise ExpressionError("FILL takes a number, a time series or REPEAT")
        fill = dict.fromkeys(self._timeline, value) if isinstance(value, float) else value
        return dict(sorted((fill | series).items()))


def _repeat(series: Series, timeline: Sequence[int]) -> Series:
    filled: Series = {}
    last: float | None = None
    for moment in timeline:
        last = series.get(moment, last)
        if last is not None:
            filled[moment] = last
    return filled


def _broadcast(function: Callable[..., float], *values: Value) -> Value:
    """
    Apply `function` at each moment that all time series know; where it has no result (x / 0) there
    is no point.
    """
    if any(isinstance(value, list) for value in values):
        raise ExpressionError("An array can only be the argument of SUM, AVG, MIN or MAX")
    series = [value for value in values if isinstance(value, dict)]
    if not series:
        return _quotient(function, values) or 0.0
    return _without_gaps(
        {
            moment: _quotient(function, [_at(value, moment) for value in values])
            for moment in _shared_moments(series)
        }
    )


def _shared_moments(series: Sequence[Series]) -> list[int]:
    return [moment for moment in series[0] if all(moment in other for other in series)]


def _without_gaps(points: Mapping[int, float | None]) -> Series:
    return {moment: value for moment, value in points.items() if value is not None}


def _quotient(function: Callable[..., float], values: Sequence[Value | None]) -> float | None:
    try:
        return float(function(*values))
    except ZeroDivisionError:
        return None


def _at(value: Value | None, moment: int) -> float | None:
    return value.get(moment) if isinstance(value, dict) else value  # type: ignore[return-value]


def _if(condition: Value, yes: Value, no: Value | None = None) -> Value:
    if not isinstance(condition, dict):
        raise ExpressionError("The condition of IF must be a time series")
    return _without_gaps(
        {moment: _at(yes if holds else no, moment) for moment, holds in condition.items()}
    )


def _aggregate(function: Callable[[Sequence[float]], float], value: Value) -> Value:
    """Over one time series: a number. Over an array: a time series."""
    if isinstance(value, dict):
        return function(list(value.values())) if value else 0.0
    if not isinstance(value, list):
        raise ExpressionError("SUM, AVG, MIN and MAX take a time series or an array")
    return _across(function, value)


def _across(function: Callable[[Sequence[float]], float], array: list[Series]) -> Series:
    """Moment by moment, of the time series that have a point then."""
    moments = sorted(set[int]().union(*array))
    return {m: function([series[m] for series in array if m in series]) for m in moments}
