"""CloudWatch Logs: what is in it, and the metrics that its lines carry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws, awslambda
from tests.localaws.packages import released

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
GROUP = "/aws/lambda/orders"


def line(**more: Any) -> dict[str, Any]:
    """A line in the embedded metric format."""
    return {
        "_aws": {
            "Timestamp": int(START.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service"], ["service", "page"]],
                    "Metrics": [{"Name": "Sold", "Unit": "Count"}, {"Name": "Took"}],
                }
            ],
        },
        "service": "orders",
        "page": "cart",
        "Sold": 3,
        "Took": [10, 20.5],
        "requestId": "r-1",
    } | more


def written(aws: LocalAws, *messages: str) -> None:
    """A log stream with these messages."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    now = int(aws.clock.now() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def total(aws: LocalAws, namespace: str, name: str, **dimensions: str) -> float:
    """The sum of a metric in the first minute."""
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=START,
        EndTime=START + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def test_metrics_in_log_lines_are_metrics(aws: LocalAws) -> None:
    """Each set of dimensions has each metric, a number or several; other lines carry none."""
    written(aws, "START", json.dumps(line()), json.dumps(line()), json.dumps({"_aws": "no"}))
    assert total(aws, "Shop", "Sold", service="orders") == 6
    assert total(aws, "Shop", "Took", service="orders", page="cart") == 61
    assert len(aws.client("cloudwatch").list_metrics()["Metrics"]) == 4


def test_a_function_that_prints_metrics_has_them(aws: LocalAws) -> None:
    """What a handler prints reaches CloudWatch with the log."""
    released(aws, f"def handler(event, context):\n    print({json.dumps(line())!r})\n")
    awslambda.invoke("orders:live", b"{}")
    assert total(aws, "Shop", "Sold", service="orders") == 3


METADATA = line()["_aws"]


@pytest.mark.parametrize(
    ("message", "counted"),
    [
        (json.dumps(line())[:-1], "EMFParsingErrors"),
        (json.dumps(line(Sold="three")), "EMFValidationErrors"),
        (json.dumps(line(Sold=True)), "EMFValidationErrors"),
        (json.dumps(line(Took=[1] * 101)), "EMFValidationErrors"),
        (json.dumps(line(service=5)), "EMFValidationErrors"),
        (json.dumps(line(_aws={"Timestamp": 0})), "EMFValidationErrors"),
        (json.dumps(line(_aws={**METADATA, "Timestamp": 0})), "EMFValidationErrors"),
        (json.dumps(line(_aws={**METADATA, "CloudWatchMetrics": [5]})), "EMFValidationErrors"),
    ],
)
def test_a_wrong_line_puts_no_metric_and_is_counted(
    aws: LocalAws, message: str, counted: str
) -> None:
    """AWS/Logs tells of it, by log group; the line is stored as any other."""
    written(aws, message)
    assert total(aws, "AWS/Logs", counted, LogGroupName=GROUP) == 1
    assert aws.client("cloudwatch").list_metrics(Namespace="Shop")["Metrics"] == []
    events = aws.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    assert [event["message"] for event in events] == [message]


def streams(aws: LocalAws) -> Any:
    """Two streams, whose events alternate."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for name in ("a-1", "b-1"):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=name)
    for number in range(4):
        logs.put_log_events(
            logGroupName=GROUP,
            logStreamName="a-1" if number % 2 else "b-1",
            logEvents=[{"timestamp": int(aws.clock.now() * 1000), "message": f"line {number}"}],
        )
        aws.clock.advance(10)
    return logs


ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
EARLIEST = int(START.timestamp() * 1000)


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ({"logGroupName": GROUP}, "0123"),
        ({"logGroupIdentifier": GROUP}, "0123"),
        ({"logGroupIdentifier": ARN}, "0123"),
        ({"logGroupName": GROUP, "startTime": EARLIEST + 10_000}, "123"),
        ({"logGroupName": GROUP, "endTime": EARLIEST + 10_000}, "01"),
        ({"logGroupName": GROUP, "logStreamNames": ["b-1"]}, "02"),
        ({"logGroupName": GROUP, "logStreamNamePrefix": "a-"}, "13"),
        ({"logGroupName": GROUP, "logStreamNamePrefix": "c-"}, ""),
        ({"logGroupName": GROUP, "filterPattern": '"line 3"'}, "3"),
    ],
)
def test_log_events_are_found_in_order_of_time(
    aws: LocalAws, asked: dict[str, Any], lines: str
) -> None:
    """What `aws logs tail` reads, across streams, with the clock's timestamps."""
    pages = streams(aws).get_paginator("filter_log_events").paginate(**asked, limit=2)
    events = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in events] == [f"line {number}" for number in lines]
    assert [event["timestamp"] for event in events] == [
        EARLIEST + 10_000 * int(number) for number in lines
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"logGroupName": GROUP, "logGroupIdentifier": ARN},
        {"logGroupName": GROUP, "logStreamNames": ["a"], "logStreamNamePrefix": "a"},
    ],
)
def test_log_events_of_contradictory_places_are_refused(
    aws: LocalAws, asked: dict[str, Any]
) -> None:
    """One group, and its streams in one way."""
    with pytest.raises(ClientError, match="InvalidParameterException"):
        aws.client("logs").filter_log_events(**asked)


def test_log_streams_carry_the_clocks_time(aws: LocalAws) -> None:
    """The latest first, with the times of its first and last event."""
    latest, _ = streams(aws).describe_log_streams(
        logGroupName=GROUP, orderBy="LastEventTime", descending=True
    )["logStreams"]
    assert latest["logStreamName"] == "a-1"
    assert (latest["firstEventTimestamp"], latest["lastEventTimestamp"]) == (
        EARLIEST + 10_000,
        EARLIEST + 30_000,
    )


def test_metric_filters_are_refused(aws: LocalAws) -> None:
    """One that is kept and makes no metrics would be an alarm that never rings."""
    logs = streams(aws)
    value = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    with pytest.raises(ClientError, match="does not support metric filters"):
        logs.put_metric_filter(
            logGroupName=GROUP, filterName="f", filterPattern="x", metricTransformations=[value]
        )
