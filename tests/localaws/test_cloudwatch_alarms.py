"""CloudWatch's alarms: their states on the clock."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends

from canary.localaws import LocalAws
from canary.localaws.cloudwatch import record
from tests.localaws.alarms import FUNCTION, alarm, errors, put_alarm

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
# X breaches, 0 does not, - is missing; KEPT is the present state.
KEPT = "KEPT"
ALL_THREE = [
    ("0 - X - X", "OK", "OK", "OK", "OK"),
    ("0 - - - -", "OK", "OK", "OK", "OK"),
    ("- - - - -", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("- - X - -", "ALARM", KEPT, "ALARM", "OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 - X - -", "OK", "OK", "ALARM", "OK"),
    ("- - - - 0", "OK", "OK", "ALARM", "OK"),
    ("- - - X -", "ALARM", KEPT, "ALARM", "OK"),
]
# Of the same page: a breaching point that is not yet old enough is no premature alarm.
TOO_EARLY = [
    ("- - - - X", KEPT, KEPT, "ALARM", "OK"),
    ("- - - X -", KEPT, KEPT, "ALARM", "OK"),
]


@pytest.mark.parametrize("before", ["OK", "ALARM"])
@pytest.mark.parametrize(
    ("needed", "drawn", "states"),
    [
        (needed, drawn, states)
        for needed, table in ((3, ALL_THREE), (2, TWO_OF_THREE), (3, TOO_EARLY))
        for drawn, *states in table
    ],
)
def test_missing_data_is_treated_as_documented(
    aws: LocalAws, needed: int, drawn: str, states: list[str], before: str
) -> None:
    """The tables of AWS's page on missing data hold, for three periods and four treatments."""
    cloudwatch = aws.client("cloudwatch")
    for age, sign in enumerate(reversed(drawn.split())):
        if sign != "-":
            moment = aws.clock.datetime() - timedelta(minutes=age)
            datum = {
                "MetricName": "Errors",
                "Dimensions": [{"Name": "FunctionName", "Value": "orders"}],
                "Timestamp": moment,
                "Value": 9.0 if sign == "X" else 0.0,
            }
            cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[datum])
    for treatment in TREATMENTS:
        put_alarm(
            aws,
            treatment,
            EvaluationPeriods=3,
            DatapointsToAlarm=needed,
            TreatMissingData=treatment,
        )
        cloudwatch.set_alarm_state(AlarmName=treatment, StateValue=before, StateReason="a drill")
    aws.clock.advance(60)
    assert [alarm(aws, treatment)["StateValue"] for treatment in TREATMENTS] == [
        before if state == KEPT else state for state in states
    ]


def test_an_alarm_on_dynamodb_ignores_missing_data(aws: LocalAws) -> None:
    """As AWS does for this namespace, whatever the alarm says."""
    put_alarm(aws, Namespace="AWS/DynamoDB", TreatMissingData="breaching")
    aws.clock.advance(300)
    assert alarm(aws)["StateValue"] == "INSUFFICIENT_DATA"


def test_an_alarm_follows_its_metric_minute_by_minute(aws: LocalAws) -> None:
    """It starts without data, and judges a minute when that minute has closed."""
    put_alarm(aws, EvaluationPeriods=1)
    assert alarm(aws)["StateValue"] == "INSUFFICIENT_DATA"
    errors(6)
    aws.clock.advance(59)
    assert alarm(aws)["StateValue"] == "INSUFFICIENT_DATA"
    aws.clock.advance(1)
    assert alarm(aws)["StateValue"] == "ALARM"
    assert alarm(aws)["StateReason"] == (
        "Threshold Crossed: 1 datapoint [6.0 (05/01/26 09:00:00)] was greater than "
        "the threshold (5.0)."
    )
    errors(0)
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "OK"


def test_a_new_alarm_uses_earlier_data_at_once(aws: LocalAws) -> None:
    """Its first evaluation sees the minutes from before it was made."""
    for _ in range(3):
        errors(6)
        aws.clock.advance(60)
    put_alarm(aws, EvaluationPeriods=3)
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "ALARM"


def test_the_window_slides_by_a_minute(aws: LocalAws) -> None:
    """A five-minute period is judged each minute, over the five minutes before."""
    put_alarm(aws, Period=300)
    aws.clock.advance(180)
    errors(6)
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "ALARM"


def test_an_alarm_over_more_than_a_day_is_judged_once_an_hour(aws: LocalAws) -> None:
    """What happens at half past is seen at the full hour."""
    put_alarm(aws, Period=86400, EvaluationPeriods=2, DatapointsToAlarm=1)
    aws.clock.advance(60)
    errors(6)
    aws.clock.advance(3480)
    assert alarm(aws)["StateValue"] == "INSUFFICIENT_DATA"
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "ALARM"


def test_an_alarm_with_a_unit_sees_this_unit_only(aws: LocalAws) -> None:
    """Samples in another unit are no data for it."""
    put_alarm(aws, "seconds", Unit="Seconds")
    put_alarm(aws, "count", Unit="Count")
    record("AWS/Lambda", "Errors", FUNCTION, 6.0, unit="Count")
    aws.clock.advance(60)
    assert [alarm(aws, name)["StateValue"] for name in ("seconds", "count")] == ["OK", "ALARM"]


def test_m_of_n_datapoints(aws: LocalAws) -> None:
    """Two bad minutes of three are enough, in whatever order."""
    put_alarm(aws, EvaluationPeriods=3, DatapointsToAlarm=2)
    for number in (6, 0, 6):
        errors(number)
        aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "ALARM"
    assert "2 out of the last 3 datapoints" in alarm(aws)["StateReason"]
    errors(0)
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "OK"


def test_an_alarm_on_a_percentile(aws: LocalAws) -> None:
    """The extended statistic is what is compared."""
    put_alarm(
        aws,
        MetricName="Duration",
        Statistic=None,
        ExtendedStatistic="p90",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=500.0,
    )
    record("AWS/Lambda", "Duration", FUNCTION, 100.0, 89)
    record("AWS/Lambda", "Duration", FUNCTION, 500.0, 11)
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "ALARM"


RATE = [
    {"Id": "rate", "Expression": "IF(inv > 0, 100 * err / inv, 0)", "Label": "error rate"},
    *(
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": "orders"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name, metric in (("inv", "Invocations"), ("err", "Errors"))
    ),
]


def test_an_alarm_on_metric_math(aws: LocalAws) -> None:
    """An error rate of ten percent is more than five."""
    put_alarm(aws, Metrics=RATE)
    record("AWS/Lambda", "Invocations", FUNCTION, 1.0, 100)
    errors(10)
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "ALARM"
    assert alarm(aws)["Metrics"] == RATE


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"Period": 10}, "multiple of 60"),
        ({"EvaluationPeriods": 1441}, "cannot be checked across more than a day"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "cannot be checked across more than a week"),
        ({"Period": None}, "The parameter Period is required"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be between 1 and"),
        ({"TreatMissingData": "good"}, "Supported options for parameter TreatMissingData"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "ComparisonOperator"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"AlarmActions": ["arn:aws:lambda:us-east-1:1:function:f"]}, "Only SNS topics"),
        ({"AlarmActions": [f"arn:aws:sns:us-east-1:1:{n}" for n in range(6)]}, "at most 5"),
        ({"Metrics": RATE[1:2]}, "Exactly one element of the metrics list"),
        ({"Metrics": [*RATE, RATE[0]]}, "not unique"),
        ({"Metrics": RATE, "MetricName": "Errors"}, "cannot be used together"),
        ({"ThresholdMetricId": "m1"}, "ThresholdMetricId is not supported"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "EvaluateLowSampleCountPercentile"),
    ],
)
def test_a_wrong_alarm_is_refused(aws: LocalAws, wrong: dict[str, Any], message: str) -> None:
    """Settings that AWS refuses, or that the embedded AWS cannot honour, are a ValidationError."""
    with pytest.raises(ClientError, match="ValidationError") as refusal:
        put_alarm(aws, **wrong)
    assert message in str(refusal.value)


def test_alarms_are_described_by_name_prefix_state_and_page(aws: LocalAws) -> None:
    """Unknown names are simply absent, and a token leads to the next page."""
    cloudwatch = aws.client("cloudwatch")
    for name in ("b-2", "b-1", "a-1"):
        put_alarm(aws, name)

    def names(**more: Any) -> list[str]:
        return [found["AlarmName"] for found in cloudwatch.describe_alarms(**more)["MetricAlarms"]]

    assert names() == ["a-1", "b-1", "b-2"]
    assert names(AlarmNames=["b-1", "nobody"]) == ["b-1"]
    assert names(AlarmNamePrefix="b-", StateValue="INSUFFICIENT_DATA") == ["b-1", "b-2"]
    assert names(StateValue="ALARM") == []
    pages = cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["MetricAlarms"]) for page in pages] == [2, 1]
    cloudwatch.delete_alarms(AlarmNames=["a-1"])
    assert names() == ["b-1", "b-2"]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloudwatch.delete_alarms(AlarmNames=["b-1", "nobody"])
    assert names() == ["b-1", "b-2"]


def test_putting_an_alarm_again_keeps_its_state(aws: LocalAws) -> None:
    """The settings are replaced as a whole, the state is not."""
    put_alarm(aws, AlarmDescription="first")
    errors(6)
    aws.clock.advance(60)
    put_alarm(aws, Threshold=7.0)
    assert (alarm(aws)["StateValue"], alarm(aws)["Threshold"]) == ("ALARM", 7.0)
    assert "AlarmDescription" not in alarm(aws)
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "OK"


def test_evaluation_is_cheap(aws: LocalAws) -> None:
    """Thirty alarms over a quarter of an hour cost well under what one release takes."""
    for number in range(30):
        put_alarm(aws, f"errors-{number}", EvaluationPeriods=3)
    errors(3)
    evaluate = aws.backend(cloudwatch_backends).evaluate
    began = time.process_time()
    for minute in range(15):
        evaluate(int(aws.clock.now()) + 60 * minute)
    assert time.process_time() - began < 0.1
