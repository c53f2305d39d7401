"""
The `MetricDataQuery` structure of GetMetricData and PutMetricAlarm, evaluated over a stretch of
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError

from canary.localaws.cloudwatch import expressions
from canary.localaws.cloudwatch.expressions import ExpressionError, Series
from canary.localaws.cloudwatch.statistics import UnknownStatisticError, statistic
from canary.localaws.cloudwatch.store import MINUTE, Metric, MetricStore

Timeline = Callable[[int], range]


def named_dimensions(listed: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """The dimensions, from AWS's list of names and values."""
    return {dimension["Name"]: dimension["Value"] for dimension in listed or ()}


def utc(moment: datetime) -> datetime:
    """A moment of a request, which moto parses without its time zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def checked_period(period: int | None) -> int:
    """A period that buckets of a minute can serve."""
    if not period or period < MINUTE or period % MINUTE:
        raise ValidationError(
            f"The period {period} is not supported here: it must be a multiple of {MINUTE} seconds."
        )
    return int(period)


class Queries:
    """
    A list of queries that may refer to each other; `timeline` gives the window starts for a period.
    """

    def __init__(
        self, store: MetricStore, queries: Sequence[Mapping[str, Any]], timeline: Timeline
    ) -> None:
        self._store = store
        self._queries = {query["Id"]: query for query in queries}
        self._metrics = tuple(query["Id"] for query in queries if "MetricStat" in query)
        self._timeline = timeline
        self._done: dict[str, Series] = {}
        self._open: list[str] = []

    def series(self, query_id: str) -> Series:
        """The points of one query, oldest first."""
        if query_id not in self._done:
            query = self._query(query_id)
            if stat := query.get("MetricStat"):
                self._done[query_id] = measured(self._store, stat, self._timeline)
            else:
                self._done[query_id] = self._calculated(query)
        return self._done[query_id]

    def period(self, query_id: str) -> int:
        """A query's period: a metric's own; an expression's own, else that of what it reads."""
        query = self._query(query_id)
        if stat := query.get("MetricStat"):
            return checked_period(stat["Period"])
        if query.get("Period"):
            return checked_period(query["Period"])
        with self._entered(query_id):
            periods = sorted({self.period(name) for name in self._references(query)})
        if len(periods) != 1:
            raise ValidationError(
                f"The expression {query['Expression']!r} must read metrics of one period."
            )
        return periods[0]

    def _query(self, query_id: str) -> Mapping[str, Any]:
        if query_id not in self._queries:
            raise ValidationError(f"Undefined variable '{query_id}' in a metric math expression.")
        return self._queries[query_id]

    def _references(self, query: Mapping[str, Any]) -> tuple[str, ...]:
        try:
            return expressions.references(query["Expression"], self._metrics)
        except ExpressionError as error:
            raise ValidationError(str(error)) from error

    def _calculated(self, query: Mapping[str, Any]) -> Series:
        timeline = self._timeline(self.period(query["Id"]))
        with self._entered(query["Id"]):
            try:
                return expressions.evaluate(
                    query["Expression"], self.series, timeline, self._metrics
                )
            except ExpressionError as error:
                raise ValidationError(str(error)) from error

    @contextmanager
    def _entered(self, query_id: str) -> Iterator[None]:
        if query_id in self._open:
            raise ValidationError(f"The expression of '{query_id}' refers to itself.")
        self._open.append(query_id)
        try:
            yield
        finally:
            self._open.remove(query_id)


def measured(store: MetricStore, stat: Mapping[str, Any], timeline: Timeline) -> Series:
    """The points of a `MetricStat`."""
    try:
        function = statistic(stat["Stat"])
    except UnknownStatisticError as error:
        raise ValidationError(str(error)) from error
    named = stat["Metric"]
    metric = Metric.of(
        named["Namespace"], named["MetricName"], named_dimensions(named.get("Dimensions"))
    )
    points: Series = {}
    for start in (windows := timeline(checked_period(stat["Period"]))):
        bucket = store.window(metric, start, windows.step, stat.get("Unit"))
        value = function(bucket) if bucket else None
        if value is not None:
            points[start] = value
    return points


def checked(queries: Sequence[Mapping[str, Any]]) -> None:
    """Raise a ValidationError for queries that can never be evaluated."""
    ids = [query["Id"] for query in queries]
    if len(set(ids)) != len(ids):
        raise ValidationError("The values for parameter id in MetricDataQueries are not unique.")
    for number, query in enumerate(queries, 1):
        if query.get("AccountId"):
            raise ValidationError("AccountId is not supported here: there is one account.")
        if ("MetricStat" in query) == ("Expression" in query):
            raise ValidationError(
                f"The parameter MetricDataQueries.member.{number}.MetricStat is required.\n"
            )
    dry = Queries(MetricStore(), queries, lambda period: range(0, period, period))
    for query_id in ids:
        dry.period(query_id)
        dry.series(query_id)
