"""CloudWatch's metric math."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.cloudwatch import record
from tests.localaws.measurements import query, values


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
        ("FILL(b, a)", [10.0, 2.0]),
        ("SUM([a, b])", [11.0, 2.0]),
        ("SUM(METRICS())", [11.0, 2.0]),
        ('SUM(METRICS("b"))', [10.0]),
        ("AVG(FILL(METRICS(), 0))", [5.5, 1.0]),
        ("DATAPOINT_COUNT([a, b])", [2.0, 1.0]),
        ("a * METRIC_COUNT([a, b])", [2.0, 4.0]),
        ("MIN(ABS([a * -1, b]))", [1.0, 2.0]),
        ("(0 - a) ^ 0.5", []),
        ("LOG10(b)", [1.0]),
        ("IF(1 > 2, a, b)", [10.0]),
        ("IF(MAX(a) > 1, a)", [1.0, 2.0]),
        ("TIME_SERIES(7) + 0 * a", [7.0, 7.0]),
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
    ("expression", "expected"),
    [
        ("FILL(a, LINEAR)", [2.0, 4.0, 6.0, 8.0, 4.0]),
        ("FILL(a, REPEAT)", [2.0, 2.0, 2.0, 8.0, 4.0, 4.0]),
        ("DIFF(a)", [6.0, -4.0]),
        ("RATE(a) * PERIOD(a)", [2.0, -4.0]),
        ("RUNNING_SUM(a)", [2.0, 10.0, 14.0]),
    ],
)
def test_metric_math_knows_the_distance_of_points(
    aws: LocalAws, expression: str, expected: list[float]
) -> None:
    """Of points in the minutes 0, 3 and 4: gaps are filled between, and differences span them."""
    for minutes, value in ((180, 2.0), (60, 8.0), (60, 4.0)):
        record("AWS/Lambda", "A", {"FunctionName": "orders"}, value)
        aws.clock.advance(minutes)
    read = query("A", id="a", ReturnData=False)
    assert values(aws, read, {"Id": "e", "Expression": expression}, minutes=6) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("STDDEV(a)", "the function STDDEV"),
        ("METRICS()", "does not give a time series"),
        ("METRICS(1) + 1", "METRICS takes a text"),
        ("[a, a] + 1", "An array can only be the argument of a function"),
        ("FILL(a)", "FILL does not take 1 arguments"),
        ("IF([a], 1)", "The condition of IF"),
        ("METRIC_COUNT(a) + a", "METRIC_COUNT takes an array"),
        ("RATE(5) + a", "A time series is expected"),
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
