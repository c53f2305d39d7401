"""CloudWatch's metrics: what is recorded, and what can be asked of it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.cloudwatch import record

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
VERSION = {"FunctionName": "orders", "Resource": "orders:live", "ExecutedVersion": "2"}


def query(name: str, stat: str = "Sum", **more: Any) -> dict[str, Any]:
    """A MetricDataQuery for a metric of Lambda."""
    dimensions = more.pop("dimensions", {"FunctionName": "orders"})
    return {
        "Id": more.pop("id", "m1"),
        "MetricStat": {
            "Metric": {
                "Namespace": more.pop("namespace", "AWS/Lambda"),
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": dimensions[key]} for key in dimensions],
            },
            "Period": more.pop("period", 60),
            "Stat": stat,
        },
        **more,
    }


def values(aws: LocalAws, *queries: dict[str, Any], minutes: int = 10, **more: Any) -> Any:
    """The values of the last query, oldest first."""
    options = {"ScanBy": "TimestampAscending", "StartTime": START, **more}
    options.setdefault("EndTime", START + timedelta(minutes=minutes))
    answer = aws.client("cloudwatch").get_metric_data(MetricDataQueries=list(queries), **options)
    return answer["MetricDataResults"][-1]["Values"]


def test_a_metric_is_read_by_exactly_its_namespace_and_dimensions(aws: LocalAws) -> None:
    """Neither another namespace nor another dimension set of the same name is mixed in."""
    record("AWS/Lambda", "Errors", {"FunctionName": "orders"}, 1.0, 3)
    record("Custom", "Errors", {"FunctionName": "orders"}, 1.0, 50)
    record("AWS/Lambda", "Errors", VERSION, 1.0, 7)
    record("AWS/Lambda", "Errors", {}, 1.0, 11)
    assert values(aws, query("Errors")) == [3.0]
    assert values(aws, query("Errors", dimensions=VERSION)) == [7.0]
    assert values(aws, query("Errors", dimensions=dict(reversed(VERSION.items())))) == [7.0]
    assert values(aws, query("Errors", dimensions={})) == [11.0]
    assert values(aws, query("Errors", dimensions={"FunctionName": "carts"})) == []


def test_each_minute_has_its_own_point(aws: LocalAws) -> None:
    """Samples fall into the minute of the clock, and a longer period merges minutes."""
    record("AWS/Lambda", "Duration", {"FunctionName": "orders"}, 10.0)
    aws.clock.advance(60)
    record("AWS/Lambda", "Duration", {"FunctionName": "orders"}, 30.0, 3)
    assert values(aws, query("Duration", "Average")) == [10.0, 30.0]
    assert values(aws, query("Duration", "Average", period=300)) == [25.0]


@pytest.mark.parametrize(
    ("stat", "value"),
    [
        ("Sum", 5050.0),
        ("Average", 50.5),
        ("Minimum", 1.0),
        ("Maximum", 100.0),
        ("SampleCount", 100.0),
        ("p50", 50.0),
        ("p99", 99.0),
        ("p99.9", 100.0),
        ("p100", 100.0),
        ("tm90", 45.5),
        ("TM(10%:90%)", 50.5),
        ("TM(:10)", 5.5),
        ("TM(10:12)", 11.5),
        ("wm90", 49.95),
        ("WM(10%:90%)", 50.4),
        ("WM(10:20)", 18.55),
        ("TC(:25)", 25.0),
        ("TC(25:75)", 50.0),
        ("TC(90:)", 10.0),
        ("TC(10%:90%)", 80.0),
        ("TC(0.5%:99.5%)", 99.0),
        ("tc99.5", 99.5),
        ("TC(:0.5)", 0.0),
        ("ts10", 55.0),
        ("TS(98:)", 199.0),
        ("PR(:25)", 25.0),
        ("PR(25:75)", 50.0),
        ("PR(99.5:)", 1.0),
        ("IQM", 50.5),
    ],
)
def test_a_statistic_has_its_value(aws: LocalAws, stat: str, value: float) -> None:
    """Each statistic gives what its definition says of the numbers from 1 to 100."""
    for number in range(1, 101):
        record("AWS/Lambda", "Duration", {"FunctionName": "orders"}, float(number))
    assert values(aws, query("Duration", stat)) == [pytest.approx(value)]


@pytest.mark.parametrize("stat", ["TC(:100)", "PR(:100)", "TM(:100)", "WM(:100)", "p50"])
def test_a_distribution_is_read_by_the_three_dimensions_of_a_version(
    aws: LocalAws, stat: str
) -> None:
    """What the judge of canaries asks for: counts beside a value, of one version alone."""
    record("AWS/Lambda", "Duration", VERSION, 50.0, 3)
    record("AWS/Lambda", "Duration", VERSION, 100.0, 1)
    record("AWS/Lambda", "Duration", VERSION, 900.0, 4)
    record("AWS/Lambda", "Duration", VERSION | {"ExecutedVersion": "1"}, 50.0, 92)
    expected = {"TC(:100)": 4.0, "PR(:100)": 50.0, "TM(:100)": 62.5, "WM(:100)": 81.25}
    assert values(aws, query("Duration", stat, dimensions=VERSION)) == [expected.get(stat, 100.0)]


@pytest.mark.parametrize(
    "stat",
    ["median", "p101", "TC(:)", "TC(5)", "TC(9:5)", "PR(:90%)", "TM(10%:200)", "TM(:120%)"],
)
def test_an_unknown_statistic_is_refused(aws: LocalAws, stat: str) -> None:
    """A statistic that does not exist is an error, not an empty answer."""
    with pytest.raises(ClientError, match=re.escape(f"The value {stat} for parameter Stat")):
        values(aws, query("Duration", stat))


def test_samples_that_count_nothing_have_no_statistic(aws: LocalAws) -> None:
    """A datum whose count is zero tells nothing of its value."""
    cloudwatch = aws.client("cloudwatch")
    datum = {"MetricName": "M", "Values": [5.0], "Counts": [0.0]}
    cloudwatch.put_metric_data(Namespace="N", MetricData=[datum])
    for stat in ("Average", "PR(:9)", "p50"):
        assert values(aws, query("M", stat, namespace="N", dimensions={})) == []


def test_put_metric_data_lands_in_the_same_store(aws: LocalAws) -> None:
    """Values with counts, statistic sets and single values with a timestamp are all added up."""
    cloudwatch = aws.client("cloudwatch")
    dimensions = [{"Name": "FunctionName", "Value": "orders"}]
    metric = {"MetricName": "Errors", "Dimensions": dimensions, "Timestamp": START}
    known = {"SampleCount": 4.0, "Sum": 8.0, "Minimum": 1.0, "Maximum": 3.0}
    cloudwatch.put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {**metric, "Value": 1.0},
            {**metric, "Values": [1.0, 2.0], "Counts": [3.0, 1.0]},
        ],
    )
    assert values(aws, query("Errors")) == [6.0]
    assert values(aws, query("Errors", "p50")) == [1.0]
    cloudwatch.put_metric_data(
        Namespace="AWS/Lambda", MetricData=[{**metric, "StatisticValues": known}]
    )
    assert values(aws, query("Errors")) == [14.0]
    assert values(aws, query("Errors", "Maximum")) == [3.0]
    assert values(aws, query("Errors", "p50")) == []


def test_a_datum_from_too_long_ago_is_refused(aws: LocalAws) -> None:
    """CloudWatch takes data of the past two weeks only."""
    with pytest.raises(ClientError, match="past two weeks"):
        aws.client("cloudwatch").put_metric_data(
            Namespace="N",
            MetricData=[{"MetricName": "m", "Value": 1, "Timestamp": START - timedelta(days=20)}],
        )


def test_the_end_of_the_span_is_exclusive_and_the_order_is_chosen(aws: LocalAws) -> None:
    """Newest first is the default; a minute that begins at the end is left out."""
    for number in (1.0, 2.0, 3.0):
        record("AWS/Lambda", "Errors", {"FunctionName": "orders"}, number)
        aws.clock.advance(60)
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query("Errors")],
        StartTime=START + timedelta(seconds=30),
        EndTime=START + timedelta(minutes=2),
    )
    (result,) = answer["MetricDataResults"]
    assert result["Values"] == [2.0, 1.0]
    assert result["Timestamps"] == [START + timedelta(minutes=1), START]
    assert (result["Id"], result["Label"], result["StatusCode"]) == ("m1", "Errors", "Complete")


def test_metric_math_reads_other_queries(aws: LocalAws) -> None:
    """The error rate in percent guards against minutes without invocations."""
    for invocations, errors in ((10.0, 1.0), (0.0, 0.0), (20.0, 5.0)):
        record("AWS/Lambda", "Invocations", {"FunctionName": "orders"}, invocations)
        record("AWS/Lambda", "Errors", {"FunctionName": "orders"}, errors)
        aws.clock.advance(60)
    rate = {"Id": "rate", "Expression": "IF(inv > 0, 100 * err / inv, 0)"}
    read = (
        query("Invocations", id="inv", ReturnData=False),
        query("Errors", id="err", ReturnData=False),
    )
    assert values(aws, *read, rate) == [10.0, 0.0, 25.0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", [11.0]),
        ("(a - b) * -2 ^ 2", [36.0]),
        ("a / (a - a)", []),
        ("FILL(b, 0)", [10.0, 0.0]),
        ("FILL(b, REPEAT)", [10.0, 10.0]),
        ("SUM([a, b])", [11.0, 2.0]),
        ("MAX([a, b])", [10.0, 2.0]),
        ("a * SUM(a)", [3.0, 6.0]),
        ("a >= 2", [0.0, 1.0]),
        ("a > 1 AND a < 5", [0.0, 1.0]),
        ("IF(a > 1, a)", [2.0]),
        ("CEIL(a / 3)", [1.0, 1.0]),
    ],
)
def test_metric_math_knows_missing_points(
    aws: LocalAws, expression: str, expected: list[float]
) -> None:
    """
    Operators need a point on both sides, aggregates take what there is, FILL makes up the rest.
    """
    record("AWS/Lambda", "A", {"FunctionName": "orders"}, 1.0)
    record("AWS/Lambda", "B", {"FunctionName": "orders"}, 10.0)
    aws.clock.advance(60)
    record("AWS/Lambda", "A", {"FunctionName": "orders"}, 2.0)
    read = (query("A", id="a", ReturnData=False), query("B", id="b", ReturnData=False))
    assert values(aws, *read, {"Id": "e", "Expression": expression}, minutes=2) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("SUM(METRICS())", "the function METRICS"),
        ("ANOMALY_DETECTION_BAND(a)", "the function ANOMALY_DETECTION_BAND"),
        ("SEARCH('x')", "the function SEARCH"),
        ("a +", "Invalid expression syntax"),
        ("a.real", "Not supported here in metric math"),
        ("nobody + 1", "Undefined variable 'nobody'"),
        ("e + 1", "refers to itself"),
        ("1 + 1", "must read metrics of one period"),
        ("SUM(a)", "does not give a time series"),
    ],
)
def test_metric_math_that_is_not_understood_is_refused(
    aws: LocalAws, expression: str, message: str
) -> None:
    """What cannot be evaluated is a ValidationError, never an empty result."""
    with pytest.raises(ClientError, match="ValidationError") as refusal:
        values(aws, query("A", id="a"), {"Id": "e", "Expression": expression})
    assert message in str(refusal.value)


def test_get_metric_statistics_gives_plain_and_extended_statistics(aws: LocalAws) -> None:
    """Both kinds come with each datapoint."""
    for number in (1.0, 2.0, 9.0):
        record("AWS/Lambda", "Duration", {"FunctionName": "orders"}, number)
    common: dict[str, Any] = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Duration",
        "Dimensions": [{"Name": "FunctionName", "Value": "orders"}],
        "StartTime": START,
        "EndTime": START + timedelta(minutes=5),
        "Period": 60,
    }
    cloudwatch = aws.client("cloudwatch")
    (point,) = cloudwatch.get_metric_statistics(**common, Statistics=["Sum", "Maximum"])[
        "Datapoints"
    ]
    assert (point["Timestamp"], point["Sum"], point["Maximum"]) == (START, 12.0, 9.0)
    (point,) = cloudwatch.get_metric_statistics(**common, ExtendedStatistics=["p50"])["Datapoints"]
    assert point["ExtendedStatistics"] == {"p50": 2.0}


def test_metrics_are_listed_by_what_they_have(aws: LocalAws) -> None:
    """A dimension filter without a value asks for the name alone."""
    record("AWS/Lambda", "Errors", {"FunctionName": "orders"}, 1.0)
    record("AWS/Lambda", "Errors", VERSION, 1.0)
    listed = aws.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda", Dimensions=[{"Name": "ExecutedVersion"}]
    )["Metrics"]
    assert [{d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in listed] == [VERSION]


def test_recording_is_cheap(aws: LocalAws) -> None:
    """Ten thousand samples take a fraction of a second."""
    began = time.process_time()
    for number in range(10_000):
        record("AWS/Lambda", "Duration", VERSION, float(number % 50))
    assert time.process_time() - began < 0.5
