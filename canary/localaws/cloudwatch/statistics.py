"""
The statistics of CloudWatch over a bucket.

Percentiles are exact, by nearest rank; CloudWatch's own are approximated from logarithmic bins.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from canary.localaws.cloudwatch.store import Bucket

Statistic = Callable[[Bucket], float | None]
Samples = list[tuple[float, float]]

BASIC: dict[str, Statistic] = {
    "SampleCount": lambda bucket: bucket.count,
    "Sum": lambda bucket: bucket.total,
    "Average": lambda bucket: bucket.total / bucket.count,
    "Minimum": lambda bucket: bucket.low,
    "Maximum": lambda bucket: bucket.high,
}

_SHORT = re.compile(r"(p|tm|tc|ts)(\d{1,2}(?:\.\d{1,10})?|100)")
_RANGE = re.compile(r"(TM|TC|TS|PR)\(([\d.]*)(%?):([\d.]*)(%?)\)")


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
    if short := _SHORT.fullmatch(name):
        kind, bound = short.group(1), float(short.group(2))
        return _divided(
            _percentile(bound) if kind == "p" else _over(kind.upper(), _by_share(0, bound))
        )
    if wide := _RANGE.fullmatch(name):
        return _divided(_of_range(*wide.groups()))
    raise UnknownStatisticError(f"The value {name} for parameter Stat is not supported.")


def _divided(of: Callable[[Bucket], float | None]) -> Statistic:
    """Statistics over single values do not exist where a statistic set hid them."""
    return lambda bucket: None if bucket.undivided else of(bucket)


def _percentile(percent: float) -> Statistic:
    def percentile(bucket: Bucket) -> float | None:
        rank = bucket.count * percent / 100
        seen = 0.0
        for value in sorted(bucket.values):
            seen += bucket.values[value]
            if seen >= rank - 1e-9:
                return value
        return bucket.high

    return percentile


def _of_range(kind: str, low: str, low_unit: str, high: str, high_unit: str) -> Statistic:
    lower = float(low) if low else None
    upper = float(high) if high else None
    if low_unit or high_unit:
        return _over(kind, _by_share(lower or 0, 100 if upper is None else upper))
    return _over(kind, _by_value(lower, upper))


def _by_share(low: float, high: float) -> Callable[[Bucket], Samples]:
    """The samples between two percentiles, a value on the edge in part."""

    def chosen(bucket: Bucket) -> Samples:
        start, end = bucket.count * low / 100, bucket.count * high / 100
        seen, samples = 0.0, []
        for value in sorted(bucket.values):
            count = bucket.values[value]
            inside = min(seen + count, end) - max(seen, start)
            seen += count
            if inside > 0:
                samples.append((value, inside))
        return samples

    return chosen


def _by_value(low: float | None, high: float | None) -> Callable[[Bucket], Samples]:
    """The samples above `low` and up to `high`."""
    return lambda bucket: [
        (value, count)
        for value, count in bucket.values.items()
        if (low is None or value > low) and (high is None or value <= high)
    ]


def _over(kind: str, chosen: Callable[[Bucket], Samples]) -> Statistic:
    def of(bucket: Bucket) -> float | None:
        samples = chosen(bucket)
        count = sum(count for _, count in samples)
        total = sum(value * count for value, count in samples)
        if kind == "TC":
            return count
        if kind == "TS":
            return total
        if kind == "PR":
            return 100 * count / bucket.count
        return total / count if count else None

    return of
