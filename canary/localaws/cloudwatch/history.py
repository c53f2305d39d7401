"""
What became of alarms: DescribeAlarmHistory. It outlives the alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canary.localaws.account import current
from canary.localaws.cloudwatch.alarms import Alarm, State
from canary.localaws.cloudwatch.pages import PAGE, page
from canary.localaws.cloudwatch.queries import utc

_VERBS = {"Create": "created", "Update": "updated", "Delete": "deleted"}


@dataclass(frozen=True)
class HistoryItem:
    """One line of the history."""

    alarm: str
    alarm_kind: str
    kind: str
    summary: str
    data: str
    moment: datetime

    @classmethod
    def of(cls, alarm: Alarm, kind: str, summary: str, data: Mapping[str, object]) -> HistoryItem:
        """A line on what happens to an alarm now."""
        text = json.dumps(data, default=str)
        return cls(alarm.name, alarm.kind, kind, summary, text, current().clock.datetime())

    def describe(self) -> dict[str, Any]:
        """The structure of DescribeAlarmHistory."""
        return {
            "AlarmName": self.alarm,
            "AlarmType": self.alarm_kind,
            "Timestamp": self.moment,
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


def configured(alarm: Alarm, act: str) -> HistoryItem:
    """An alarm was put or deleted; `act` is Create, Update or Delete."""
    verb = _VERBS[act]
    settings = {name[:1].lower() + name[1:]: value for name, value in alarm.settings.items()}
    data = {"version": "1.0", "type": act, f"{verb}Alarm": settings}
    return HistoryItem.of(alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {verb}', data)


def changed(alarm: Alarm, previous: State) -> HistoryItem:
    """An alarm went over to another state."""
    data = {"version": "1.0", "oldState": _state(previous), "newState": _state(alarm.state)}
    summary = f"Alarm updated from {previous.value} to {alarm.state.value}"
    return HistoryItem.of(alarm, "StateUpdate", summary, data)


def _state(state: State) -> dict[str, object]:
    data = {"stateReasonData": json.loads(state.data)} if state.data else {}
    return {"stateValue": state.value, "stateReason": state.reason, **data}


def acted(alarm: Alarm, arn: str, message: Mapping[str, object], error: str | None) -> HistoryItem:
    """An action was taken, or failed with the error."""
    data = {
        "actionState": "Failed" if error else "Succeeded",
        "notificationResource": arn,
        **({"error": error} if error else {"publishedMessage": message}),
    }
    summary = f"Failed to execute action {arn}" if error else f"Successfully executed action {arn}"
    return HistoryItem.of(alarm, "Action", summary, data)


def described(items: Iterable[HistoryItem], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeAlarmHistory, of items that are listed oldest first."""
    kinds = parameters.get("AlarmTypes") or ["MetricAlarm"]
    found = [
        item.describe()
        for item in items
        if item.alarm_kind in kinds
        and parameters.get("AlarmName", item.alarm) == item.alarm
        and parameters.get("HistoryItemType", item.kind) == item.kind
        and utc(parameters.get("StartDate", item.moment)) <= item.moment
        and item.moment <= utc(parameters.get("EndDate", item.moment))
    ]
    if parameters.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        found.reverse()
    chosen, token = page(found, parameters.get("NextToken"), parameters.get("MaxRecords", PAGE))
    return {"AlarmHistoryItems": chosen, "NextToken": token}
