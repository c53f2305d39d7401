"""What was measured: for each metric and unit one bucket a minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

MINUTE = 60
NO_UNIT = "None"


class Metric(NamedTuple):
    """A metric's identity. Another namespace or another set of dimensions is another metric."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
        """The metric of these names, whatever the order of the dimensions."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


class Bucket:
    """The samples of one stretch of time."""

    __slots__ = ("count", "high", "low", "total", "undivided", "values")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.low = float("inf")
        self.high = float("-inf")
        self.values: dict[float, float] = {}
        self.undivided = False

    def add(self, value: float, count: float) -> None:
        """`count` samples of `value`."""
        self._widen(count, value * count, value, value)
        self.values[value] = self.values.get(value, 0.0) + count

    def add_set(self, count: float, total: float, low: float, high: float) -> None:
        """
        Samples of which only these four numbers are known: no percentile can be told any more,
        unless they are all equal.
        """
        if count == 1 or low == high:
            self.add(low, count)
        else:
            self._widen(count, total, low, high)
            self.undivided = True

    def merge(self, other: Bucket) -> None:
        """All samples of another bucket."""
        self._widen(other.count, other.total, other.low, other.high)
        self.undivided |= other.undivided
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + count

    def _widen(self, count: float, total: float, low: float, high: float) -> None:
        self.count += count
        self.total += total
        self.low = min(self.low, low)
        self.high = max(self.high, high)


class MetricStore:
    """All metrics of one account and region."""

    def __init__(self) -> None:
        self._minutes: dict[Metric, dict[str, dict[int, Bucket]]] = {}

    def bucket(self, metric: Metric, moment: float, unit: str = NO_UNIT) -> Bucket:
        """The bucket into which a sample of this moment goes."""
        minutes = self._minutes.setdefault(metric, {}).setdefault(unit, {})
        minute = int(moment // MINUTE)
        found = minutes.get(minute)
        if found is None:
            found = minutes[minute] = Bucket()
        return found

    def units(self, metric: Metric) -> list[str]:
        """The units in which the metric was measured."""
        return list(self._minutes.get(metric, ()))

    def window(
        self, metric: Metric, start: int, seconds: int, unit: str | None = None
    ) -> Bucket | None:
        """
        What was measured in the `seconds` (whole minutes) from `start`, in any unit or in one; None
        where nothing was.
        """
        units = self._minutes.get(metric, {})
        asked = units.values() if unit is None else [units.get(unit, {})]
        first = start // MINUTE
        numbers = range(first, first + seconds // MINUTE)
        found = [minutes[n] for minutes in asked for n in numbers if n in minutes]
        if len(found) < 2:
            return found[0] if found else None
        whole = Bucket()
        for bucket in found:
            whole.merge(bucket)
        return whole

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._minutes)
