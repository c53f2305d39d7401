"""
What an alarm's data points mean.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from canary.localaws.cloudwatch.expressions import Series

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

# Alarms on this namespace ignore missing data, whatever they say.
IGNORING = "AWS/DynamoDB"

# CloudWatch looks back further than it evaluates, so that older points stand in for missing ones: 5
# points for 3.
LOOK_BACK = 2

OPERATORS = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_ALL_MISSING = {
    "missing": INSUFFICIENT_DATA,
    "ignore": None,
    "breaching": ALARM,
    "notBreaching": OK,
}
TREATMENTS = tuple(_ALL_MISSING)


class Rule(NamedTuple):
    """What an alarm compares, and how many points must agree."""

    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Rule:
        """The rule within the parameters of PutMetricAlarm."""
        periods = settings["EvaluationPeriods"]
        treatment = settings.get("TreatMissingData", "missing")
        return cls(
            settings["ComparisonOperator"],
            settings["Threshold"],
            periods,
            settings.get("DatapointsToAlarm", periods),
            "ignore" if settings.get("Namespace") == IGNORING else treatment,
        )

    def is_breached_by(self, value: float) -> bool:
        """Whether one data point breaches."""
        return bool(OPERATORS[self.comparison][0](value, self.threshold))


def judge(points: Sequence[float | None], rule: Rule) -> str | None:
    """
    The state that these points (oldest first, None where missing) call for; None to keep the state.
    """
    real = [point for point in points if point is not None]
    if not real:
        return _ALL_MISSING[rule.treat_missing]
    recent = real[-rule.evaluation_periods :]
    breaching = sum(map(rule.is_breached_by, recent))
    missing = rule.evaluation_periods - len(recent)
    if rule.treat_missing == "breaching":
        breaching += missing
    if breaching >= rule.datapoints_to_alarm:
        return ALARM
    if missing == 0 or rule.treat_missing in ("breaching", "notBreaching"):
        return OK
    if breaching < len(recent):
        return OK
    return _only_breaching(points, rule)


def _only_breaching(points: Sequence[float | None], rule: Rule) -> str | None:
    """
    Too few points, each of them breaching: an alarm once the oldest is old enough, so that one late
    point is no false alarm.
    """
    if rule.treat_missing == "ignore":
        return None
    oldest = next(index for index, point in enumerate(points) if point is not None)
    return ALARM if len(points) - oldest >= rule.datapoints_to_alarm else None


def reason(state: str, points: Series, rule: Rule) -> str:
    """
    The sentence that CloudWatch gives for a state; `points` are those that were there, oldest
    first.
    """
    recent = sorted(points.items(), reverse=True)[: rule.evaluation_periods]
    if not recent:
        return _reason_without_data(state, rule)
    chosen = [
        (moment, value)
        for moment, value in recent
        if rule.is_breached_by(value) == (state == ALARM)
    ] or recent
    listed = ", ".join(
        f"{value} ({datetime.fromtimestamp(moment, UTC):%d/%m/%y %H:%M:%S})"
        for moment, value in chosen
    )
    number, of = len(chosen), rule.evaluation_periods
    counted = _counted(number) if of == number else f"{number} out of the last {of} datapoints"
    verb = "was" if number == 1 else "were"
    negation = "" if state == ALARM else "not "
    comparison = OPERATORS[rule.comparison][1]
    return (
        f"Threshold Crossed: {counted} [{listed}] {verb} {negation}{comparison} "
        f"the threshold ({float(rule.threshold)}){_transition(state, rule)}."
    )


def _transition(state: str, rule: Rule) -> str:
    if rule.evaluation_periods == 1:
        return ""
    if state == ALARM:
        return f" (minimum {_counted(rule.datapoints_to_alarm)} for OK -> ALARM transition)"
    least = rule.evaluation_periods - rule.datapoints_to_alarm + 1
    return f" (minimum {_counted(least)} for ALARM -> OK transition)"


def _reason_without_data(state: str, rule: Rule) -> str:
    number = rule.evaluation_periods
    verb = "was" if number == 1 else "were"
    if state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {_counted(number)} {verb} unknown."
    treatment = rule.treat_missing[0].upper() + rule.treat_missing[1:]
    periods = f"{number} period{'' if number == 1 else 's'}"
    return (
        f"Threshold Crossed: no datapoints were received for {periods} and "
        f"{_counted(number, 'missing datapoint')} {verb} treated as [{treatment}]."
    )


def _counted(number: int, noun: str = "datapoint") -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def reason_data(
    now: datetime, points: Series, rule: Rule, period: int, statistic: str | None
) -> str:
    """The JSON text that goes with the reason."""
    recent = sorted(points.items(), reverse=True)[: rule.evaluation_periods]
    start = {"startDate": stamp(datetime.fromtimestamp(recent[-1][0], UTC))} if recent else {}
    data = {
        "version": "1.0",
        "queryDate": stamp(now),
        **start,
        **({"statistic": statistic} if statistic else {}),
        "period": period,
        "recentDatapoints": [value for _, value in reversed(recent)],
        "threshold": float(rule.threshold),
        "evaluatedDatapoints": [
            {"timestamp": stamp(datetime.fromtimestamp(moment, UTC)), "value": value}
            for moment, value in recent
        ],
    }
    return json.dumps(data, separators=(",", ":"))


def stamp(moment: datetime) -> str:
    """A timestamp as CloudWatch's events write it: 2019-10-02T17:04:40.989+0000."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
