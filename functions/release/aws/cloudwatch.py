"""CloudWatch: alarms by name, and what each version served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from release.aws.clients import client
from release.errors import UnreadableError
from release.statistics import Counts

_STRETCH = 3 * 60 * 60
_DAY = 24 * 60 * 60
_CALLED = 5 * 60


class Alarm(msgspec.Struct, frozen=True, rename="camel"):
    """
    An alarm; dimensions only of a metric alarm on one metric.

    `seconds_to_fire` is how long a metric must breach before the alarm can be red, and
    `window_seconds` how far it looks back: its datapoints to alarm, and its evaluation periods. 0
    for a composite, of which neither is known. `since` is when its state changed, in ISO 8601.
    """

    name: str
    state: str
    reason: str
    dimensions: dict[str, str]
    is_composite: bool
    seconds_to_fire: int = 0
    window_seconds: int = 0
    since: str = ""


def get_alarms(names: Sequence[str]) -> list[Alarm]:
    """Those of the named alarms (100 at most) that exist; CloudWatch leaves out the others."""
    if not names:
        return []
    found = client("cloudwatch").describe_alarms(
        AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
    )
    return [_alarm(each, False) for each in found.get("MetricAlarms", [])] + [
        _alarm(each, True) for each in found.get("CompositeAlarms", [])
    ]


class Thresholds(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Durations in ms above which a call is slow; None where that is not asked."""

    p90: float | None = None
    p99: float | None = None
    slo: float | None = None


class History(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What an alias has served: percentiles of its duration in ms, and its errors per minute."""

    p90: float | None
    p99: float | None
    errors: list[int]


_Series: TypeAlias = dict[int, float]
"""A value per period, by the epoch seconds of its start; periods without data are absent."""


def served(
    function: str, alias: str, versions: Sequence[str], over: Thresholds, start: int, end: int
) -> tuple[dict[str, dict[int, Counts]], dict[int, int]]:
    """
    What an alias served per minute, of each version and under "" of all; and its throttled calls.

    Minutes without calls are absent. `start` is inclusive, `end` exclusive. AWS tells versions
    apart for sure only while the alias has weights. UnreadableError if CloudWatch answers in part.
    """
    whos = ["", *versions]
    wanted = {
        "calls": ("Invocations", "Sum"),
        "errors": ("Errors", "Sum"),
        "timed": ("Duration", "SampleCount"),
        **{f"over_{name}": ("Duration", f"TC(:{limit:.3f})") for name, limit in _limits(over)},
    }
    queries = [
        _query(f"{name}_{who}", metric, statistic, function, alias, who)
        for who in whos
        for name, (metric, statistic) in wanted.items()
    ]
    throttles = _query("throttles", "Throttles", "Sum", function, alias)
    found = _read([*queries, throttles], start, end)
    counts = {who: _counts({name: found[f"{name}_{who}"] for name in wanted}) for who in whos}
    return counts, {minute: round(value) for minute, value in found["throttles"].items()}


def version_counts(
    function: str, alias: str, versions: Sequence[str], start: int, end: int
) -> dict[str, dict[int, tuple[int, int]]]:
    """Calls and errors alone of what `served` tells, for who only shows them."""
    counts, _ = served(function, alias, versions, Thresholds(), start, end)
    return {
        who: {minute: (each.calls, each.errors) for minute, each in minutes.items()}
        for who, minutes in counts.items()
    }


def history(function: str, alias: str, now: int) -> History:
    """
    The alias's last three to six hours: percentiles of the busier of two stretches of three hours,
    and the errors of each of the last 120 minutes.
    """
    since = now // _STRETCH * _STRETCH - _STRETCH
    found = _read(
        [
            _query("calls", "Invocations", "Sum", function, alias, period=_STRETCH),
            _query("p90", "Duration", "p90", function, alias, period=_STRETCH),
            _query("p99", "Duration", "p99", function, alias, period=_STRETCH),
            _query("errors", "Errors", "Sum", function, alias),
        ],
        since,
        now,
    )
    busier = max(found["calls"], key=lambda start: found["calls"][start], default=0)
    minutes = range(now // 60 * 60 - 120 * 60, now // 60 * 60, 60)
    return History(
        p90=found["p90"].get(busier),
        p99=found["p99"].get(busier),
        errors=[round(found["errors"].get(minute, 0)) for minute in minutes],
    )


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """
    An alias's last seven days: calls a minute while it was called (median), share of errors, and
    percentiles of its duration in ms on the busiest day, None without calls.
    """

    calls_per_minute: float
    error_rate: float
    p50: float | None
    p90: float | None


def week(function: str, alias: str, now: int) -> Week:
    """What an alias has served. UnreadableError if CloudWatch answers in part."""
    found = _read(
        [
            _query("calls", "Invocations", "Sum", function, alias, period=_CALLED),
            _query("errors", "Errors", "Sum", function, alias, period=_CALLED),
            _query("days", "Invocations", "Sum", function, alias, period=_DAY),
            _query("p50", "Duration", "p50", function, alias, period=_DAY),
            _query("p90", "Duration", "p90", function, alias, period=_DAY),
        ],
        now // _DAY * _DAY - 6 * _DAY,
        now,
    )
    calls = sorted(filter(None, found["calls"].values()))
    busiest = max(found["days"], key=lambda start: found["days"][start], default=0)
    return Week(
        calls_per_minute=calls[len(calls) // 2] * 60 / _CALLED if calls else 0.0,
        error_rate=sum(found["errors"].values()) / max(1.0, sum(calls)),
        p50=found["p50"].get(busiest),
        p90=found["p90"].get(busiest),
    )


def _limits(over: Thresholds) -> list[tuple[str, float]]:
    named = {"p90": over.p90, "p99": over.p99, "slo": over.slo}
    return [(name, limit) for name, limit in named.items() if limit is not None]


def _counts(series: dict[str, _Series]) -> dict[int, Counts]:
    """Counts per minute; CloudWatch trims to the calls up to a limit, the others are over it."""
    counts = {}
    for minute, calls in series["calls"].items():
        timed = series["timed"].get(minute, 0)
        over = {
            name: max(0, round(timed - within.get(minute, 0)))
            for name, within in series.items()
            if name.startswith("over_")
        }
        errors = round(series["errors"].get(minute, 0))
        counts[minute] = Counts(calls=round(calls), errors=errors, timed=round(timed), **over)
    return counts


def _read(queries: list[dict[str, Any]], start: int, end: int) -> dict[str, _Series]:
    """The values of each query; UnreadableError unless all of them came."""
    pages = (
        client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            ScanBy="TimestampAscending",
        )
    )
    found: dict[str, _Series] = {query["Id"]: {} for query in queries}
    status = dict.fromkeys(found, "Missing")
    for result in (each for page in pages for each in page["MetricDataResults"]):
        times = (int(each.timestamp()) for each in result["Timestamps"])
        found[result["Id"]].update(zip(times, result["Values"], strict=True))
        status[result["Id"]] = result["StatusCode"]
    if set(status.values()) != {"Complete"}:
        raise UnreadableError(f"CloudWatch could not read all metrics: {status}")
    return found


def _query(
    query_id: str,
    metric: str,
    statistic: str,
    function: str,
    alias: str,
    version: str = "",
    period: int = 60,
) -> dict[str, Any]:
    dimensions = {"FunctionName": function, "Resource": f"{function}:{alias}"}
    if version:
        dimensions["ExecutedVersion"] = version
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": each} for name, each in dimensions.items()],
            },
            "Period": period,
            "Stat": statistic,
        },
    }


def _alarm(found: dict[str, Any], is_composite: bool) -> Alarm:
    period = 0 if is_composite else _period(found)
    periods = found.get("EvaluationPeriods", 0)
    return Alarm(
        name=found["AlarmName"],
        state=found["StateValue"],
        reason=found.get("StateReason", ""),
        dimensions={each["Name"]: each["Value"] for each in found.get("Dimensions", [])},
        is_composite=is_composite,
        seconds_to_fire=period * (found.get("DatapointsToAlarm") or periods),
        window_seconds=period * periods,
        since=_since(found),
    )


def _since(found: dict[str, Any]) -> str:
    """When it came to its state, in ISO 8601; empty where CloudWatch does not say."""
    at = found.get("StateTransitionedTimestamp") or found.get("StateUpdatedTimestamp")
    return at.isoformat() if at else ""


def _period(found: dict[str, Any]) -> int:
    """An alarm on metric math has its period in its queries; absent ones count as a minute."""
    periods = [
        each["MetricStat"]["Period"] for each in found.get("Metrics", []) if "MetricStat" in each
    ]
    return int(found.get("Period") or max(periods, default=60))
