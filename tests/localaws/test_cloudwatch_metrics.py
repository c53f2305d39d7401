"""CloudWatch's metrics: what is recorded, and what can be asked of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.cloudwatch import record
from tests.localaws.measurements import START, VERSION, query, values


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


def test_data_comes_in_pages(aws: LocalAws) -> None:
    """A page holds as many points as asked; who goes on in the next is PartialData."""
    for number in (1.0, 2.0, 3.0):
        record("AWS/Lambda", "A", {"FunctionName": "orders"}, number)
        aws.clock.advance(60)
    cloudwatch = aws.client("cloudwatch")
    asked: dict[str, Any] = {
        "MetricDataQueries": [query("A", id="a"), query("B", id="b"), query("A", id="c")],
        "StartTime": START,
        "EndTime": START + timedelta(minutes=5),
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": 2,
    }
    pages: list[Any] = []
    token: dict[str, str] = {}
    while True:
        answer = cloudwatch.get_metric_data(**asked, **token)
        pages.append([(r["Id"], r["Values"], r["StatusCode"]) for r in answer["MetricDataResults"]])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == [
        [("a", [1.0, 2.0], "PartialData"), ("b", [], "Complete")],
        [("a", [3.0], "Complete"), ("c", [1.0], "PartialData")],
        [("c", [2.0, 3.0], "Complete")],
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"NextToken": "elsewhere"}, "NextToken is invalid"),
        ({"LabelOptions": {"Timezone": "+0100"}}, "LabelOptions is not supported"),
        ({"StartTime": START, "EndTime": START}, "StartTime must be less"),
    ],
)
def test_data_that_cannot_be_read_is_refused(
    aws: LocalAws, more: dict[str, Any], message: str
) -> None:
    """What the call cannot honour is an error, not an answer to something else."""
    with pytest.raises(ClientError, match=message):
        values(aws, query("Errors"), **more)


def test_there_is_one_account(aws: LocalAws) -> None:
    """A query of another account is refused, not answered from this one."""
    with pytest.raises(ClientError, match="AccountId is not supported"):
        values(aws, query("Errors", AccountId="210987654321"))


def test_at_most_500_queries_are_answered(aws: LocalAws) -> None:
    """AWS's limit and its words."""
    with pytest.raises(ClientError, match="must not have a size greater than 500"):
        values(aws, *(query("A", id=f"m{number}") for number in range(501)))


def test_units_are_kept_apart(aws: LocalAws) -> None:
    """Asked for a unit, the samples of this unit answer; without one, all of them."""
    cloudwatch = aws.client("cloudwatch")
    for value, unit in ((1.0, "Seconds"), (500.0, "Milliseconds")):
        datum = {"MetricName": "M", "Value": value, "Unit": unit}
        cloudwatch.put_metric_data(Namespace="N", MetricData=[datum])

    def read(**unit: str) -> Any:
        asked = query("M", namespace="N", dimensions={})
        asked["MetricStat"] |= unit
        return values(aws, asked)

    assert (read(Unit="Seconds"), read(Unit="Count"), read()) == ([1.0], [], [501.0])
    common: dict[str, Any] = {
        "Namespace": "N",
        "MetricName": "M",
        "StartTime": START,
        "EndTime": START + timedelta(minutes=1),
        "Period": 60,
        "Statistics": ["Sum"],
    }
    points = cloudwatch.get_metric_statistics(**common)["Datapoints"]
    assert {point["Unit"]: point["Sum"] for point in points} == {
        "Seconds": 1.0,
        "Milliseconds": 500.0,
    }
    (point,) = cloudwatch.get_metric_statistics(**common, Unit="Seconds")["Datapoints"]
    assert (point["Unit"], point["Sum"]) == ("Seconds", 1.0)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "Must specify either Statistics or ExtendedStatistics"),
        ({"Statistics": ["Sum"], "ExtendedStatistics": ["p50"]}, "and not both"),
        ({"Statistics": ["Sum"], "Period": 60}, "up to 44,640 datapoints, which exceeds the limit"),
    ],
)
def test_statistics_that_cannot_be_read_are_refused(
    aws: LocalAws, more: dict[str, Any], message: str
) -> None:
    """One kind of statistic at a time, and no more than 1,440 datapoints."""
    common = {"Namespace": "N", "MetricName": "M", "Period": 86400}
    span = {"StartTime": START, "EndTime": START + timedelta(days=31)}
    with pytest.raises(ClientError, match=f"InvalidParameterCombination.*{message}"):
        aws.client("cloudwatch").get_metric_statistics(**common | span | more)


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


def test_a_metric_of_an_entity_is_refused(aws: LocalAws) -> None:
    """It would be left out."""
    entity = {"Entity": {"KeyAttributes": {"Type": "Service", "Name": "orders"}}}
    with pytest.raises(ClientError, match="EntityMetricData is not supported"):
        aws.client("cloudwatch").put_metric_data(Namespace="N", EntityMetricData=[entity])
