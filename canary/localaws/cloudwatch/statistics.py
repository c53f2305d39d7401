"""
The statistics of CloudWatch over a bucket.

Of two bounds the lower is exclusive and the upper inclusive. All are exact: percentiles by nearest
rank, a value on the edge of a share in part; CloudWatch's own are approximated from logarithmic
bins. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from canary.localaws.cloudwatch.store import Bucket

Statistic = Callable[[Bucket], float | None]
Samples = list[tuple[float, float]]
Choice = Callable[[Bucket], Samples]

BASIC: dict[str, Statistic] = {
    "SampleCount": lambda bucket: bucket.count,
    "Sum": lambda bucket: bucket.total,
    "Average": lambda bucket: bucket.total / bucket.count if bucket.count else None,
    "Minimum": lambda bucket: bucket.low,
    "Maximum": lambda bucket: bucket.high,
}

_SHORT = re.compile(r"(p|tm|wm|tc|ts)(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)")
_BOUND = r"(?:(\d+(?:\.\d{1,10})?)(%?))?"
_RANGE = re.compile(rf"(TM|WM|TC|TS|PR)\({_BOUND}:{_BOUND}\)")


class UnknownStatisticError(ValueError):
    """There is no statistic of this name."""


@lru_cache(maxsize=256)
def statistic(name: str) -> Statistic:
    """
    The statistic called `name`: a function of a bucket, None where the samples do not tell it.
    """
    if name in BASIC:
        return BASIC[name]
    if name == "IQM":
        name = "TM(25%:75%)"
    found = _of_share(name) or _of_range(name)
    if found is None:
        raise UnknownStatisticError(f"The value {name} for parameter Stat is not supported.")
    return _divided(found)


def _divided(of: Statistic) -> Statistic:
    """
    Statistics over single values do not exist where a statistic set hid them, nor where there are
    none.
    """
    return lambda bucket: None if bucket.undivided or not bucket.count else of(bucket)


def _of_share(name: str) -> Statistic | None:
    """`tm90` is short for TM(:90%)."""
    short = _SHORT.fullmatch(name)
    if short is None:
        return None
    kind, percent = short.group(1), float(short.group(2))
    if kind == "p":
        return lambda bucket: _percentile(bucket, percent)
    return _by_percent(kind.upper(), 0.0, percent)


def _of_range(name: str) -> Statistic | None:
    wide = _RANGE.fullmatch(name)
    if wide is None:
        return None
    kind, low, low_unit, high, high_unit = wide.groups()
    units = {unit for unit in (low_unit, high_unit) if unit is not None}
    lower, upper = float(low or 0.0), float(high or "inf")
    if len(units) != 1 or lower >= upper:
        return None
    if units == {""}:
        return _by_value(kind, float(low or "-inf"), upper)
    if kind == "PR" or max(lower, float(high or 100.0)) > 100:
        return None
    return _by_percent(kind, lower, min(upper, 100.0))


def _percentile(bucket: Bucket, percent: float) -> float:
    rank = bucket.count * percent / 100
    seen = 0.0
    for value in sorted(bucket.values):
        seen += bucket.values[value]
        if seen >= rank - 1e-9:
            return value
    return bucket.high


def _by_value(kind: str, low: float, high: float) -> Statistic:
    """Over the samples above `low` and up to `high`."""
    if kind == "WM":
        return lambda bucket: _winsorized(bucket, low, high)
    return _over(
        kind,
        lambda bucket: [sample for sample in bucket.values.items() if low < sample[0] <= high],
    )


def _by_percent(kind: str, low: float, high: float) -> Statistic:
    """Over the samples between two percentiles."""
    if kind == "WM":
        return lambda bucket: _winsorized(
            bucket, _percentile(bucket, low), _percentile(bucket, high)
        )
    return _over(kind, lambda bucket: _between(bucket, low, high))


def _between(bucket: Bucket, low: float, high: float) -> Samples:
    start, end = bucket.count * low / 100, bucket.count * high / 100
    seen, samples = 0.0, []
    for value in sorted(bucket.values):
        count = bucket.values[value]
        inside = min(seen + count, end) - max(seen, start)
        seen += count
        if inside > 0:
            samples.append((value, inside))
    return samples


def _winsorized(bucket: Bucket, low: float, high: float) -> float:
    """The mean with the values outside the bounds moved onto them."""
    moved = sum(min(max(value, low), high) * count for value, count in bucket.values.items())
    return moved / bucket.count


def _over(kind: str, chosen: Choice) -> Statistic:
    def of(bucket: Bucket) -> float | None:
        samples = chosen(bucket)
        count = sum(count for _, count in samples)
        if kind == "TC":
            return float(count)
        if kind == "PR":
            return 100 * count / bucket.count
        total = sum(value * count for value, count in samples)
        if kind == "TS":
            return float(total)
        return total / count if count else None

    return of
