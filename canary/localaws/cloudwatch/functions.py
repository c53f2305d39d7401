"""
The functions of metric math, over numbers, time series and arrays of time series.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise

Series = dict[int, float]
Value = float | Series | list[Series]

AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
    "DATAPOINT_COUNT": len,
}
POINTWISE: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}


class ExpressionError(ValueError):
    """The expression cannot be read, or uses a part of metric math that is not supported here."""


def broadcast(function: Callable[..., float], *values: Value) -> Value:
    """
    Apply `function` at each moment that all time series know; where it has no result (x / 0) there
    is no point.
    """
    if any(isinstance(value, list) for value in values):
        raise ExpressionError("An array can only be the argument of a function")
    series = [value for value in values if isinstance(value, dict)]
    if not series:
        return _result(function, values) or 0.0
    return _without_gaps(
        {
            moment: _result(function, [_at(value, moment) for value in values])
            for moment in _shared_moments(series)
        }
    )


def pointwise(name: str, value: Value) -> Value:
    """One of the functions of a number, over all points."""
    if isinstance(value, list):
        return [_series(broadcast(POINTWISE[name], series)) for series in value]
    return broadcast(POINTWISE[name], value)


def aggregate(name: str, value: Value) -> Value:
    """Over one time series: a number. Over an array: a time series, moment by moment."""
    function = AGGREGATES[name]
    if isinstance(value, dict):
        return float(function(list(value.values()))) if value else 0.0
    if not isinstance(value, list):
        raise ExpressionError(f"{name} takes a time series or an array")
    moments = sorted(set[int]().union(*value))
    return {m: float(function([series[m] for series in value if m in series])) for m in moments}


def choose(condition: Value, yes: Value, no: Value | None = None) -> Value:
    """IF: at each moment of the condition. Without the second choice there is no point."""
    if isinstance(condition, list):
        raise ExpressionError("The condition of IF must be a number or a time series")
    if isinstance(condition, float):
        chosen = yes if condition else no
        return {} if chosen is None else chosen
    return _without_gaps(
        {moment: _at(yes if holds else no, moment) for moment, holds in condition.items()}
    )


def fill(value: Value, filler: Value | str, timeline: Sequence[int]) -> Value:
    """FILL: the missing points made up from a number, another time series, or the others."""
    if isinstance(value, list):
        return [_series(fill(series, filler, timeline)) for series in value]
    series = _series(value)
    if isinstance(filler, str):
        return (_repeated if filler == "REPEAT" else _interpolated)(series, timeline)
    if isinstance(filler, list):
        raise ExpressionError("FILL takes a number, a time series, REPEAT or LINEAR")
    fillers = dict.fromkeys(timeline, filler) if isinstance(filler, float) else filler
    return dict(sorted((fillers | series).items()))


def diff(value: Value) -> Series:
    """DIFF: how much each point is above the one before."""
    points = _series(value).items()
    return {moment: new - old for (_, old), (moment, new) in pairwise(points)}


def rate(value: Value) -> Series:
    """RATE: how fast each point came out of the one before, per second."""
    points = _series(value).items()
    return {now: (new - old) / (now - then) for (then, old), (now, new) in pairwise(points)}


def running_sum(value: Value) -> Series:
    """RUNNING_SUM: the sum of all points so far."""
    series = _series(value)
    return dict(zip(series, accumulate(series.values()), strict=True))


def metric_count(value: Value) -> float:
    """METRIC_COUNT: how many time series an array has."""
    if not isinstance(value, list):
        raise ExpressionError("METRIC_COUNT takes an array")
    return float(len(value))


def _series(value: Value) -> Series:
    if not isinstance(value, dict):
        raise ExpressionError("A time series is expected, not a number or an array")
    return value


def _repeated(series: Series, timeline: Iterable[int]) -> Series:
    filled: Series = {}
    last: float | None = None
    for moment in timeline:
        last = series.get(moment, last)
        if last is not None:
            filled[moment] = last
    return filled


def _interpolated(series: Series, timeline: Iterable[int]) -> Series:
    filled = dict(series)
    for (start, low), (end, high) in pairwise(sorted(series.items())):
        for moment in timeline:
            if start < moment < end:
                filled[moment] = low + (high - low) * (moment - start) / (end - start)
    return dict(sorted(filled.items()))


def _shared_moments(series: Sequence[Series]) -> list[int]:
    return [moment for moment in series[0] if all(moment in other for other in series)]


def _without_gaps(points: Mapping[int, float | None]) -> Series:
    return {moment: value for moment, value in points.items() if value is not None}


def _result(function: Callable[..., float], values: Sequence[Value | None]) -> float | None:
    try:
        return float(function(*values))
    except (ArithmeticError, ValueError):
        return None


def _at(value: Value | None, moment: int) -> float | None:
    return value.get(moment) if isinstance(value, dict) else value  # type: ignore[return-value]
