"""What a function has lately served, and the alarms of its deployment group."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from canary.cli.failures import UserError
from canary.cli.following import Target
from canary.simulation import judges
from canary.simulation.judges import Alarm
from release import evalues
from release.aws import cloudwatch, codedeploy
from release.aws.clients import client
from release.aws.cloudwatch import Week


class Past(NamedTuple):
    """The last week, how many errors come together, the alarms, and those left out, with why."""

    week: Week
    burst: float
    alarms: tuple[Alarm, ...]
    left_out: tuple[str, ...]


def read(target: Target, application: str) -> Past:
    """A UserError where nothing was served in a week."""
    now = int(time.time())
    week = cloudwatch.week(target.function, target.alias, now)
    if not week.calls_per_minute:
        raise UserError(
            f"{target} has served no call in the last week, so there is nothing to learn from it. "
            "Say what to expect instead: canary simulate --calls-per-minute N --error-rate SHARE"
        )
    lately = cloudwatch.history(target.function, target.alias, now)
    group = codedeploy.get_group(application, f"{target.function}-{target.alias}")
    alarms, left_out = _alarms(target.function, group.alarms if group else [])
    return Past(week, evalues.burst_divisor(lately.errors), tuple(alarms), tuple(left_out))


def _alarms(function: str, names: list[str]) -> tuple[list[Alarm], list[str]]:
    found = client("cloudwatch").describe_alarms(AlarmNames=names) if names else {}
    alarms, left_out = [], []
    for each in found.get("MetricAlarms", []):
        if why := _not_simulated(function, each):
            left_out.append(f"{each['AlarmName']} ({why})")
        else:
            alarms.append(_alarm(each))
    described = {each["AlarmName"] for each in found.get("MetricAlarms", [])}
    left_out += [f"{name} (no metric alarm)" for name in names if name not in described]
    return alarms, left_out


def _not_simulated(function: str, alarm: Mapping[str, Any]) -> str:
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])}
    if (alarm.get("MetricName"), alarm.get("Statistic")) != ("Errors", "Sum"):
        return "no sum of Errors"
    if dimensions.get("FunctionName") != function or "ExecutedVersion" in dimensions:
        return "other dimensions than those of the function or its alias"
    if alarm["Period"] % 60 or not judges.is_known(alarm["ComparisonOperator"]):
        return "other period or comparison"
    return ""


def _alarm(found: Mapping[str, Any]) -> Alarm:
    return Alarm(
        name=found["AlarmName"],
        threshold=found["Threshold"],
        period=found["Period"] // 60,
        periods=found["EvaluationPeriods"],
        datapoints=found.get("DatapointsToAlarm") or found["EvaluationPeriods"],
        comparison=found["ComparisonOperator"],
    )
