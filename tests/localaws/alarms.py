"""Words that the tests of CloudWatch's alarms share."""

from __future__ import annotations

from typing import Any

from canary.localaws import LocalAws
from canary.localaws.cloudwatch import record

FUNCTION = {"FunctionName": "orders"}


def put_alarm(aws: LocalAws, name: str = "errors", **more: Any) -> None:
    """Put an alarm on more than five errors in a minute."""
    settings: dict[str, Any] = {
        "AlarmName": name,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "TreatMissingData": "notBreaching",
    }
    if "Metrics" not in more:
        settings |= {
            "Namespace": "AWS/Lambda",
            "MetricName": "Errors",
            "Dimensions": [{"Name": "FunctionName", "Value": "orders"}],
            "Period": 60,
            "Statistic": "Sum",
        }
    given = {name: value for name, value in (settings | more).items() if value is not None}
    aws.client("cloudwatch").put_metric_alarm(**given)


def alarm(aws: LocalAws, name: str = "errors") -> Any:
    """What DescribeAlarms says of one metric alarm."""
    (found,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def errors(number: float) -> None:
    """Let `number` invocations fail now."""
    record("AWS/Lambda", "Errors", FUNCTION, number)
