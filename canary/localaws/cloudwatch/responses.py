"""CloudWatch's operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudwatch import responses as moto
from moto.cloudwatch.exceptions import ValidationError
from moto.core.responses import ActionResult, EmptyResult

from canary.localaws.cloudwatch import history, queries, readings
from canary.localaws.cloudwatch.alarms import Alarm
from canary.localaws.cloudwatch.models import CloudWatchBackend
from canary.localaws.cloudwatch.pages import PAGE, page, refuse


class CloudWatchResponse(moto.CloudWatchResponse):
    """CloudWatch's operations over our backend."""

    @property
    def ours(self) -> CloudWatchBackend:
        """The backend."""
        backend = self.cloudwatch_backend
        assert isinstance(backend, CloudWatchBackend)  # noqa: S101
        return backend

    # -- metrics -----------------------------------------------------------------------------------

    def put_metric_data(self) -> ActionResult:
        refuse(self._get_params(), "EntityMetricData")
        return super().put_metric_data()

    def get_metric_data(self) -> ActionResult:
        return ActionResult(readings.metric_data(self.ours.store, self._get_params()))

    def get_metric_statistics(self) -> ActionResult:
        return ActionResult(readings.metric_statistics(self.ours.store, self._get_params()))

    def list_metrics(self) -> ActionResult:
        return ActionResult(readings.listed_metrics(self.ours.store, self._get_params()))

    # -- alarms ------------------------------------------------------------------------------------

    def put_metric_alarm(self) -> ActionResult:
        settings, tags = self._settings()
        self.ours.save_metric_alarm(settings, tags)
        return EmptyResult()

    def put_composite_alarm(self) -> ActionResult:
        settings, tags = self._settings()
        self.ours.save_composite_alarm(settings, tags)
        return EmptyResult()

    def _settings(self) -> tuple[dict[str, Any], list[dict[str, str]]]:
        settings = dict(self._get_params())
        return settings, settings.pop("Tags", [])

    def describe_alarms(self) -> ActionResult:
        parameters = self._get_params()
        refuse(parameters, "ChildrenOfAlarmName", "ParentsOfAlarmName")
        if "AlarmNames" in parameters and "AlarmNamePrefix" in parameters:
            raise ValidationError("AlarmNames and AlarmNamePrefix cannot be given together.")
        kinds = parameters.get("AlarmTypes") or ["MetricAlarm"]
        found = [
            alarm
            for alarm in sorted(self.ours.alarms.values(), key=lambda alarm: str(alarm.name))
            if alarm.kind in kinds and _is_asked_for(alarm, parameters)
        ]
        chosen, token = page(found, parameters.get("NextToken"), parameters.get("MaxRecords", PAGE))
        described: dict[str, Any] = {
            f"{kind}s": [alarm.describe() for alarm in chosen if alarm.kind == kind]
            for kind in ("MetricAlarm", "CompositeAlarm")
        }
        return ActionResult({**described, "NextToken": token})

    def describe_alarms_for_metric(self) -> ActionResult:
        wanted = self._get_params()
        found = []
        for alarm in self.ours.alarms.values():
            settings = alarm.settings
            names = ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit")
            if all(
                settings.get(name) == wanted.get(name, settings.get(name)) for name in names
            ) and (
                queries.named_dimensions(settings.get("Dimensions"))
                == queries.named_dimensions(wanted.get("Dimensions"))
            ):
                found.append(alarm.describe())
        return ActionResult({"MetricAlarms": found})

    def describe_alarm_history(self) -> ActionResult:
        return ActionResult(history.described(self.ours.history, self._get_params()))


def _is_asked_for(alarm: Alarm, parameters: Mapping[str, Any]) -> bool:
    prefix = parameters.get("ActionPrefix", "")
    return (
        alarm.name in parameters.get("AlarmNames", [alarm.name])
        and alarm.name.startswith(parameters.get("AlarmNamePrefix", ""))
        and alarm.state.value == parameters.get("StateValue", alarm.state.value)
        and (not prefix or any(arn.startswith(prefix) for arn in alarm.settings["AlarmActions"]))
    )
