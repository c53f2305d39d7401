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

_NUMBER = r"\d+(?:\.\d{1,10})?"
_SHORT = re.compile(rf"(p|tm|wm|tc|ts)({_NUMBER})")
_SHARES = re.compile(rf"(TM|WM|TC|TS)\((?:({_NUMBER})%)?:(?:({_NUMBER})%)?\)")
_VALUES = re.compile(rf"(TM|WM|TC|TS|PR)\(({_NUMBER})?:({_NUMBER})?\)")


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
    found = _short(name) or _of_shares(name) or _of_values(name)
    if found is None:
        raise UnknownStatisticError(f"The value {name} for parameter Stat is not supported.")
    return _divided(found)


def _divided(of: Statistic) -> Statistic:
    """
    Statistics over single values do not exist where a statistic set hid them, nor where there are
    none.
    """
    return lambda bucket: None if bucket.undivided or not bucket.count else of(bucket)


def _short(name: str) -> Statistic | None:
    """`tm90` is short for TM(:90%)."""
    short = _SHORT.fullmatch(name)
    if short is None or (percent := float(short.group(2))) > 100:
        return None
    if short.group(1) == "p":
        return lambda bucket: _percentile(bucket, percent)
    return _of_shares(f"{short.group(1).upper()}(:{short.group(2)}%)")


def _of_shares(name: str) -> Statistic | None:
    shares = _SHARES.fullmatch(name)
    if shares is None or name.endswith("(:)"):
        return None
    kind, low, high = shares.group(1), float(shares.group(2) or 0), float(shares.group(3) or 100)
    return _by_percent(kind, low, high) if low < high <= 100 else None


def _of_values(name: str) -> Statistic | None:
    values = _VALUES.fullmatch(name)
    if values is None or name.endswith("(:)"):
        return None
    low, high = float(values.group(2) or "-inf"), float(values.group(3) or "inf")
    return _by_value(values.group(1), low, high) if low < high else None


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
