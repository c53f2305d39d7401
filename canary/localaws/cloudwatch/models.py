"""
CloudWatch's backend: moto's, with metrics that are kept apart and alarms that are evaluated on the
clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from moto.cloudwatch import models as moto
from moto.cloudwatch.exceptions import (
    InvalidFormat,
    InvalidParameterValue,
    ResourceNotFound,
    ValidationError,
)
from moto.cloudwatch.utils import make_arn_for_alarm

from canary.localaws.account import current
from canary.localaws.cloudwatch import history, notices
from canary.localaws.cloudwatch.alarms import (
    ACTIONS,
    Alarm,
    CompositeAlarm,
    MetricAlarm,
    State,
)
from canary.localaws.cloudwatch.evaluation import ALARM, OK
from canary.localaws.cloudwatch.history import HistoryItem
from canary.localaws.cloudwatch.queries import named_dimensions, utc
from canary.localaws.cloudwatch.store import MINUTE, NO_UNIT, Metric, MetricStore


class CloudWatchBackend(moto.CloudWatchBackend):
    """
    Alarms are evaluated on every full minute of the clock, over the minutes that are closed by
    then: the window slides by a minute
    whatever the period, and the minute that has just begun is never looked at.
    """

    alarms: dict[str, Any]  # ours, where moto has its own class

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.store = MetricStore()
        self.history: list[HistoryItem] = []
        self._is_ticking = False

    # -- metrics -----------------------------------------------------------------------------------

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        now = current().clock.datetime()
        for number, datum in enumerate(metric_data, 1):
            self._validate_parameters_put_metric_data(datum, number)
            _check_age(datum, number, now)
        for datum in metric_data:
            self._put_datum(namespace, datum, utc(datum.get("Timestamp", now)))

    def _put_datum(self, namespace: str, datum: Mapping[str, Any], moment: datetime) -> None:
        metric = Metric.of(
            namespace, datum["MetricName"], named_dimensions(datum.get("Dimensions"))
        )
        bucket = self.store.bucket(metric, moment.timestamp(), datum.get("Unit", NO_UNIT))
        if values := datum.get("Values"):
            for value, count in zip(
                values, datum.get("Counts") or [1.0] * len(values), strict=True
            ):
                bucket.add(float(value), float(count))
        elif known := datum.get("StatisticValues"):
            bucket.add_set(
                *(float(known[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum"))
            )
        else:
            bucket.add(float(datum.get("Value", 0)), 1.0)

    # -- alarms ------------------------------------------------------------------------------------

    def save_metric_alarm(self, settings: Mapping[str, Any], tags: list[dict[str, str]]) -> None:
        """PutMetricAlarm."""
        self._save(MetricAlarm, settings, tags)
        if not self._is_ticking:
            self._is_ticking = True
            self._await_next_minute()

    def save_composite_alarm(self, settings: Mapping[str, Any], tags: list[dict[str, str]]) -> None:
        """PutCompositeAlarm."""
        children = CompositeAlarm("", settings, current().clock.datetime()).rule.alarms
        absent = [name for name in children if name not in self.alarms]
        if absent:
            raise ValidationError(
                f"Could not save the composite alarm as alarms [{', '.join(absent)}] "
                "in the alarm rule do not exist."
            )
        if settings["AlarmName"] in self._below(children):
            raise ValidationError("Could not save the composite alarm: it would depend on itself.")
        self._reconsider(self._save(CompositeAlarm, settings, tags))

    def _save(
        self, kind: type[Alarm], settings: Mapping[str, Any], tags: list[dict[str, str]]
    ) -> Any:
        name, now = settings["AlarmName"], current().clock.datetime()
        arn = make_arn_for_alarm(self.region_name, self.account_id, name)
        alarm = self.alarms.get(name)
        if alarm is None:
            alarm = self.alarms[name] = kind(arn, settings, now)
            self.history.append(history.configured(alarm, "Create"))
            if tags:
                self.tagger.tag_resource(arn, tags)
        elif not isinstance(alarm, kind):
            raise ValidationError(f"An alarm of the other kind is already called {name}.")
        else:
            alarm.configure(settings, now)
            self.history.append(history.configured(alarm, "Update"))
        return alarm

    def delete_alarms(self, alarm_names: list[str]) -> None:
        absent = [name for name in alarm_names if name not in self.alarms]
        if absent:
            raise ResourceNotFound(f"Alarms [{', '.join(absent)}] do not exist.")
        for name in alarm_names:
            parents = [parent.name for parent in self._parents(name)]
            if parents and not set(parents) <= set(alarm_names):
                raise ValidationError(
                    f"Cannot delete {name} as there are composite alarm(s) depending on it: "
                    f"{', '.join(parents)}"
                )
        for name in alarm_names:
            self.history.append(history.configured(self.alarms.pop(name), "Delete"))

    def set_alarm_state(
        self, alarm_name: str, reason: str, reason_data: str | None, state_value: str
    ) -> None:
        try:
            json.loads(reason_data or "{}")
        except ValueError as error:
            raise InvalidFormat("The StateReasonData is not valid JSON.") from error
        if alarm_name not in self.alarms:
            raise ResourceNotFound(f"The alarm {alarm_name} does not exist.")
        if state_value not in ACTIONS:
            raise ValidationError(
                f"1 validation error detected: Value '{state_value}' at 'stateValue' failed to "
                "satisfy constraint: Member must satisfy enum value set: "
                "[INSUFFICIENT_DATA, ALARM, OK]"
            )
        now = current().clock.datetime()
        self._change(self.alarms[alarm_name], State(state_value, reason, reason_data or "", now))

    def evaluate(self, end: int) -> None:
        """Evaluate every metric alarm over the time before `end`."""
        now = current().clock.datetime()
        for alarm in list(self.alarms.values()):
            if isinstance(alarm, MetricAlarm):
                state = alarm.evaluate(self.store, end, now)
                if state:
                    self._change(alarm, state)

    def _await_next_minute(self) -> None:
        """As long as there are alarms to evaluate; nothing is parked until then."""
        clock = current().clock
        self._is_ticking = any(isinstance(alarm, MetricAlarm) for alarm in self.alarms.values())
        if self._is_ticking:
            end = (int(clock.now()) // MINUTE + 1) * MINUTE
            clock.after(end - clock.now(), self._tick, end, name="alarm evaluation")

    def _tick(self, end: int) -> None:
        self.evaluate(end)
        self._await_next_minute()

    def _change(self, alarm: Alarm, state: State) -> None:
        previous, alarm.state = alarm.state, state
        if state.value == previous.value:
            return
        self.history.append(history.changed(alarm, previous))
        notices.announce(alarm, previous, self.history)
        for parent in self._parents(alarm.name):
            self._reconsider(parent)

    def _parents(self, name: str) -> list[CompositeAlarm]:
        return [
            alarm
            for alarm in self.alarms.values()
            if isinstance(alarm, CompositeAlarm) and name in alarm.rule.alarms
        ]

    def _below(self, names: Sequence[str]) -> list[str]:
        """These alarms and all that they depend on."""
        deeper = [
            child
            for alarm in self.chosen(names)
            if isinstance(alarm, CompositeAlarm)
            for child in self._below(alarm.rule.alarms)
        ]
        return [*names, *deeper]

    def _reconsider(self, alarm: CompositeAlarm) -> None:
        value = ALARM if alarm.rule.holds(lambda name: self.alarms[name].state.value) else OK
        if value != alarm.state.value:
            reason = f"The alarm rule evaluates to {value}: {alarm.settings['AlarmRule']}"
            self._change(alarm, State(value, reason, "", current().clock.datetime()))

    def chosen(self, names: Sequence[str]) -> list[Alarm]:
        """The alarms of these names; unknown ones are left out."""
        return [self.alarms[name] for name in names if name in self.alarms]

    def enable_alarm_actions(self, alarm_names: list[str]) -> None:
        for alarm in self.chosen(alarm_names):
            alarm.settings["ActionsEnabled"] = True

    def disable_alarm_actions(self, alarm_names: list[str]) -> None:
        for alarm in self.chosen(alarm_names):
            alarm.settings["ActionsEnabled"] = False


def _check_age(datum: Mapping[str, Any], number: int, now: datetime) -> None:
    moment = utc(datum.get("Timestamp", now))
    if not now - timedelta(weeks=2) <= moment <= now + timedelta(hours=2):
        raise InvalidParameterValue(
            f"The parameter MetricData.member.{number}.Timestamp must specify a time within the "
            "past two weeks and no more than two hours in the future."
        )
