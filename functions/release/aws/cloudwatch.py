"""CloudWatch: alarms by name, and what each version served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from release.aws.clients import client
from release.errors import UnreadableError


class Alarm(msgspec.Struct, frozen=True, rename="camel"):
    """An alarm; dimensions only of a metric alarm on one metric."""

    name: str
    state: str
    reason: str
    dimensions: dict[str, str]
    is_composite: bool


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


def version_counts(
    function: str, alias: str, versions: Sequence[str], start: int, end: int
) -> dict[str, dict[int, tuple[int, int]]]:
    """
    Calls and errors through the alias, per minute: of each version, and under "" of all together.

    Shape: version, then minute (epoch seconds of its start), then (calls, errors); minutes without
    data are absent. `start` is inclusive, `end` exclusive. AWS tells versions apart for sure only
    while the alias has weights. UnreadableError if CloudWatch answers in part.
    """
    whos = ["", *versions]
    sums = _sums(
        [
            _query(f"{metric.lower()}_{who}", metric, function, alias, who)
            for who in whos
            for metric in ("Invocations", "Errors")
        ],
        start,
        end,
    )
    return {
        who: {
            minute: (calls, sums[f"errors_{who}"].get(minute, 0))
            for minute, calls in sums[f"invocations_{who}"].items()
        }
        for who in whos
    }


def _sums(queries: list[dict[str, Any]], start: int, end: int) -> dict[str, dict[int, int]]:
    """The sum of each query per minute; UnreadableError unless all of it came."""
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
    sums: dict[str, dict[int, int]] = {query["Id"]: {} for query in queries}
    status = dict.fromkeys(sums, "Missing")
    for result in (each for page in pages for each in page["MetricDataResults"]):
        minutes = (int(each.timestamp()) for each in result["Timestamps"])
        sums[result["Id"]].update(zip(minutes, map(int, result["Values"]), strict=True))
        status[result["Id"]] = result["StatusCode"]
    if set(status.values()) != {"Complete"}:
        raise UnreadableError(f"CloudWatch could not read all metrics: {status}")
    return sums


def _query(query_id: str, metric: str, function: str, alias: str, version: str) -> dict[str, Any]:
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
            "Period": 60,
            "Stat": "Sum",
        },
    }


def _alarm(found: dict[str, Any], is_composite: bool) -> Alarm:
    return Alarm(
        name=found["AlarmName"],
        state=found["StateValue"],
        reason=found.get("StateReason", ""),
        dimensions={each["Name"]: each["Value"] for each in found.get("Dimensions", [])},
        is_composite=is_composite,
    )
