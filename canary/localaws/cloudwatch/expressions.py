"""
Metric math: arithmetic, comparisons, and the functions of `functions`.

The syntax is close enough to Python's for Python's parser to read it; nothing of it is run as
Python.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from functools import lru_cache

from canary.localaws.cloudwatch import functions
from canary.localaws.cloudwatch.functions import ExpressionError, Series, Value

__all__ = ["ExpressionError", "Series", "evaluate", "references"]

Lookup = Callable[[str], Series]

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[float, float], float]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OF_SERIES: dict[str, Callable[[Value], Value]] = {
    "DIFF": functions.diff,
    "RATE": functions.rate,
    "RUNNING_SUM": functions.running_sum,
    "METRIC_COUNT": functions.metric_count,
}
_ARGUMENTS = {  # how many a function takes
    **dict.fromkeys((*functions.AGGREGATES, *functions.POINTWISE, *_OF_SERIES), (1,)),
    "IF": (2, 3),
    "FILL": (2,),
    "METRICS": (0, 1),
    "PERIOD": (1,),
    "TIME_SERIES": (1,),
}
_TRUTHS = {"TRUE": 1.0, "FALSE": 0.0}
_FILLERS = ("REPEAT", "LINEAR")


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
        if isinstance(node, ast.Call):
            _check_call(node)
    return tree


def _check_call(node: ast.Call) -> None:
    name = ast.unparse(node.func)
    if name not in _ARGUMENTS:
        raise ExpressionError(f"Not supported here in metric math: the function {name}")
    if len(node.args) not in _ARGUMENTS[name]:
        raise ExpressionError(f"The function {name} does not take {len(node.args)} arguments")


@lru_cache(maxsize=256)
def references(expression: str, metrics: tuple[str, ...]) -> tuple[str, ...]:
    """
    The ids of the queries that the expression reads, in their order of appearance; `metrics` are
    those that METRICS() stands for.
    """
    tree = parse(expression)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name):
            continue
        if id(node) not in calls and node.id not in (*_FILLERS, *_TRUTHS):
            names.append(node.id)
        elif node.id == "METRICS":
            names += _chosen(calls[id(node)].args, metrics)
    return tuple(dict.fromkeys(names))


def _chosen(arguments: list[ast.expr], metrics: tuple[str, ...]) -> list[str]:
    """METRICS() are all, METRICS("part") those with this text in their id."""
    match arguments:
        case []:
            return list(metrics)
        case [ast.Constant(value=str() as part)]:
            return [name for name in metrics if part in name]
    raise ExpressionError("METRICS takes a text, or nothing")


def evaluate(
    expression: str, lookup: Lookup, timeline: range, metrics: tuple[str, ...] = ()
) -> Series:
    """The time series that the expression gives over the timeline."""
    result = _Evaluation(lookup, timeline, metrics).value(parse(expression))
    if not isinstance(result, dict):
        raise ExpressionError(f"The expression {expression!r} does not give a time series")
    return result


class _Evaluation:
    def __init__(self, lookup: Lookup, timeline: range, metrics: tuple[str, ...]) -> None:
        self._lookup = lookup
        self._timeline = timeline
        self._metrics = metrics

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
                return functions.broadcast(operator.neg, self.value(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                function = _ARITHMETIC[type(op)]
                return functions.broadcast(function, self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISON:
                compare = _COMPARISON[type(op)]
                return functions.broadcast(compare, self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=operands):
                every = all if isinstance(op, ast.And) else any
                return functions.broadcast(lambda *v: float(every(v)), *map(self.value, operands))
        raise ExpressionError(f"Not supported here in metric math: {ast.unparse(node)!r}")

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        if name == "METRICS":
            return [self._lookup(metric) for metric in _chosen(arguments, self._metrics)]
        if name == "FILL":
            return functions.fill(
                self.value(arguments[0]), self._filler(arguments[1]), self._timeline
            )
        values = [self.value(argument) for argument in arguments]
        if name == "IF":
            return functions.choose(*values)
        return self._of_one(name, *values)

    def _of_one(self, name: str, value: Value) -> Value:
        if name == "PERIOD":
            return float(self._timeline.step)
        if name == "TIME_SERIES":
            if not isinstance(value, float):
                raise ExpressionError("TIME_SERIES takes a number")
            return dict.fromkeys(self._timeline, value)
        if name in functions.AGGREGATES:
            return functions.aggregate(name, value)
        if name in functions.POINTWISE:
            return functions.pointwise(name, value)
        return _OF_SERIES[name](value)

    def _series(self, node: ast.expr) -> Series:
        value = self.value(node)
        if not isinstance(value, dict):
            raise ExpressionError(f"{ast.unparse(node)!r} is not a time series")
        return value

    def _filler(self, node: ast.expr) -> Value | str:
        if isinstance(node, ast.Name) and node.id in _FILLERS:
            return node.id
        return self.value(node)
