"""
What the world learns of an alarm's change of state: an event and its actions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends

from canary.localaws import events
from canary.localaws.account import current
from canary.localaws.cloudwatch.alarms import ACTIONS, Alarm, MetricAlarm, State
from canary.localaws.cloudwatch.evaluation import stamp
from canary.localaws.cloudwatch.history import HistoryItem, acted
from canary.localaws.cloudwatch.queries import named_dimensions

_REGION_NAMES = {"us-east-1": "US East (N. Virginia)"}


def announce(alarm: Alarm, previous: State, history: list[HistoryItem]) -> None:
    """Publish the event, and run the actions, which go into the history."""
    events.publish(
        "aws.cloudwatch",
        "CloudWatch Alarm State Change",
        {
            "alarmName": alarm.name,
            "state": _state(alarm.state),
            "previousState": _state(previous),
            "configuration": _configuration(alarm),
        },
        [alarm.alarm_arn],
    )
    for arn in alarm.actions():
        current().clock.spawn(_notify, alarm, previous, arn, history, name=f"alarm {alarm.name}")


def _state(state: State) -> dict[str, object]:
    data = {"reasonData": state.data} if state.data else {}
    return {
        "value": state.value,
        "reason": state.reason,
        **data,
        "timestamp": stamp(state.moment),
    }


def _configuration(alarm: Alarm) -> dict[str, object]:
    description = alarm.settings.get("AlarmDescription")
    described = {"description": description} if description else {}
    if isinstance(alarm, MetricAlarm):
        return {**described, "metrics": [_query(query) for query in alarm.queries]}
    return {**described, "alarmRule": alarm.settings["AlarmRule"]}


def _query(query: dict[str, Any]) -> dict[str, object]:
    shape: dict[str, object] = {"id": query["Id"]}
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        shape["metricStat"] = {
            "metric": {
                "namespace": metric["Namespace"],
                "name": metric["MetricName"],
                "dimensions": named_dimensions(metric.get("Dimensions")),
            },
            "period": stat["Period"],
            "stat": stat["Stat"],
        }
    else:
        shape["expression"] = query["Expression"]
    if query.get("Label"):
        shape["label"] = query["Label"]
    return {**shape, "returnData": query.get("ReturnData", True)}


def _notify(alarm: Alarm, previous: State, arn: str, history: list[HistoryItem]) -> None:
    aws = current()
    message = _message(alarm, previous)
    region = _REGION_NAMES.get(aws.region, aws.region)
    subject = f'{alarm.state.value}: "{alarm.name}" in {region}'[:100]
    failure = None
    try:
        _publish(arn, json.dumps(message), subject)
    except (ServiceException, PermissionError) as error:
        failure = str(error)
    history.append(acted(alarm, arn, message, failure))


def _publish(arn: str, message: str, subject: str) -> None:
    sns = current().backend(sns_backends)
    topic = sns.get_topic(arn)
    if topic.kms_master_key_id == "alias/aws/sns":
        raise PermissionError("CloudWatch may not use the AWS managed key alias/aws/sns")
    sns.publish(message, arn=arn, subject=subject)


def _message(alarm: Alarm, previous: State) -> dict[str, object]:
    """The text that subscribers of an action's topic get."""
    aws = current()
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.settings.get("AlarmDescription"),
        "AWSAccountId": aws.account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured),
        "NewStateValue": alarm.state.value,
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": stamp(alarm.state.moment),
        "Region": _REGION_NAMES.get(aws.region, aws.region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": previous.value,
        **{name: alarm.settings[name] for name in ACTIONS.values()},
        **_trigger(alarm),
    }


def _trigger(alarm: Alarm) -> dict[str, object]:
    settings = alarm.settings
    if not isinstance(alarm, MetricAlarm):
        return {"AlarmRule": settings["AlarmRule"]}
    trigger = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.rule.evaluation_periods,
        "DatapointsToAlarm": alarm.rule.datapoints_to_alarm,
        "ComparisonOperator": alarm.rule.comparison,
        "Threshold": alarm.rule.threshold,
        "TreatMissingData": alarm.rule.treat_missing,
    }
    if settings.get("Metrics"):
        return {"Trigger": {**trigger, "Metrics": settings["Metrics"]}}
    dimensions = [
        {"name": name, "value": value}
        for name, value in named_dimensions(settings.get("Dimensions")).items()
    ]
    named = {
        "MetricName": settings["MetricName"],
        "Namespace": settings["Namespace"],
        "StatisticType": "Statistic" if settings.get("Statistic") else "ExtendedStatistic",
        "Statistic": str(alarm.statistic).upper() if settings.get("Statistic") else alarm.statistic,
        "Dimensions": dimensions,
    }
    return {"Trigger": {**named, **trigger}}
