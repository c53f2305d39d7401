"""CloudWatch's operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch import responses as moto
from moto.cloudwatch.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    ValidationError,
)
from moto.core.responses import ActionResult, EmptyResult

from canary.localaws.cloudwatch import queries
from canary.localaws.cloudwatch.alarms import Alarm
from canary.localaws.cloudwatch.models import CloudWatchBackend
from canary.localaws.cloudwatch.store import MINUTE, Metric

MOST_QUERIES = 500
PAGE = 100


class CloudWatchResponse(moto.CloudWatchResponse):
    """CloudWatch's operations over our backend."""

    @property
    def ours(self) -> CloudWatchBackend:
        """The backend."""
        backend = self.cloudwatch_backend
        assert isinstance(backend, CloudWatchBackend)  # noqa: S101
        return backend

    # -- metrics -----------------------------------------------------------------------------------

    def get_metric_data(self) -> ActionResult:
        parameters = self._get_params()
        asked = parameters["MetricDataQueries"]
        _refuse(parameters, "NextToken", "MaxDatapoints", "LabelOptions")
        if len(asked) > MOST_QUERIES:
            raise ValidationError(f"At most {MOST_QUERIES} queries can be asked at once.")
        queries.checked(asked)
        start, end = _span(parameters, ValidationError)
        evaluated = queries.Queries(
            self.ours.store, asked, lambda period: range(start, end, period)
        )
        newest_first = parameters.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = []
        for query in asked:
            if query.get("ReturnData", True):
                points = evaluated.series(query["Id"])
                moments = sorted(points, reverse=newest_first)
                results.append(
                    {
                        "Id": query["Id"],
                        "Label": query.get("Label") or _label(query),
                        "Timestamps": [datetime.fromtimestamp(moment, UTC) for moment in moments],
                        "Values": [points[moment] for moment in moments],
                        "StatusCode": "Complete",
                    }
                )
        return ActionResult({"MetricDataResults": results, "Messages": []})

    def get_metric_statistics(self) -> ActionResult:
        parameters = self._get_params()
        plain, extended = parameters.get("Statistics", []), parameters.get("ExtendedStatistics", [])
        if not plain and not extended:
            raise InvalidParameterCombination(
                "Must specify either Statistics or ExtendedStatistics"
            )
        start, end = _span(parameters, InvalidParameterValue)
        series = {name: self._series(parameters, name, start, end) for name in (*plain, *extended)}
        datapoints = []
        for moment in sorted(set[int]().union(*series.values())):
            datapoint: dict[str, Any] = _known(series, plain, moment)
            if extended:
                datapoint["ExtendedStatistics"] = _known(series, extended, moment)
            datapoint["Timestamp"] = datetime.fromtimestamp(moment, UTC)
            datapoints.append(datapoint)
        return ActionResult({"Label": parameters["MetricName"], "Datapoints": datapoints})

    def _series(
        self, parameters: Mapping[str, Any], name: str, start: int, end: int
    ) -> dict[int, float]:
        stat = {
            "Metric": parameters,
            "Period": parameters["Period"],
            "Stat": name,
            "Unit": parameters.get("Unit"),
        }
        return queries.measured(self.ours.store, stat, lambda period: range(start, end, period))

    def list_metrics(self) -> ActionResult:
        parameters = self._get_params()
        _refuse(parameters, "RecentlyActive", "IncludeLinkedAccounts", "OwningAccount")
        found = [metric for metric in self.ours.store if _matches(metric, parameters)]
        page, token = _page(found, parameters.get("NextToken"), 500)
        metrics = [
            {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            }
            for metric in page
        ]
        return ActionResult({"Metrics": metrics, "NextToken": token})

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
        _refuse(parameters, "ChildrenOfAlarmName", "ParentsOfAlarmName")
        if "AlarmNames" in parameters and "AlarmNamePrefix" in parameters:
            raise ValidationError("AlarmNames and AlarmNamePrefix cannot be given together.")
        kinds = parameters.get("AlarmTypes") or ["MetricAlarm"]
        found = [
            alarm
            for alarm in sorted(self.ours.alarms.values(), key=lambda alarm: str(alarm.name))
            if alarm.kind in kinds and _is_asked_for(alarm, parameters)
        ]
        page, token = _page(found, parameters.get("NextToken"), parameters.get("MaxRecords", PAGE))
        described: dict[str, Any] = {
            f"{kind}s": [alarm.describe() for alarm in page if alarm.kind == kind]
            for kind in ("MetricAlarm", "CompositeAlarm")
        }
        return ActionResult({**described, "NextToken": token})

    def describe_alarms_for_metric(self) -> ActionResult:
        wanted = self._get_params()
        _refuse(wanted, "Unit")
        found = []
        for alarm in self.ours.alarms.values():
            settings = alarm.settings
            names = ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period")
            if all(
                settings.get(name) == wanted.get(name, settings.get(name)) for name in names
            ) and (
                queries.named_dimensions(settings.get("Dimensions"))
                == queries.named_dimensions(wanted.get("Dimensions"))
            ):
                found.append(alarm.describe())
        return ActionResult({"MetricAlarms": found})

    def describe_alarm_history(self) -> ActionResult:
        parameters = self._get_params()
        kinds = parameters.get("AlarmTypes") or ["MetricAlarm"]
        items = [
            {
                "AlarmName": alarm.name,
                "AlarmType": alarm.kind,
                "Timestamp": item.moment,
                "HistoryItemType": item.kind,
                "HistorySummary": item.summary,
                "HistoryData": item.data,
            }
            for alarm in self.ours.alarms.values()
            if alarm.kind in kinds and parameters.get("AlarmName", alarm.name) == alarm.name
            for item in alarm.history
            if parameters.get("HistoryItemType", item.kind) == item.kind
            and queries.utc(parameters.get("StartDate", item.moment)) <= item.moment
            and item.moment <= queries.utc(parameters.get("EndDate", item.moment))
        ]
        items.sort(key=lambda item: item["Timestamp"])
        if parameters.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            items.reverse()
        page, token = _page(items, parameters.get("NextToken"), parameters.get("MaxRecords", PAGE))
        return ActionResult({"AlarmHistoryItems": page, "NextToken": token})


def _span(parameters: Mapping[str, Any], error: type[Exception]) -> tuple[int, int]:
    """The time asked for in seconds, its start rounded down to a full minute."""
    start, end = (queries.utc(parameters[name]).timestamp() for name in ("StartTime", "EndTime"))
    if start >= end:
        raise error("The parameter StartTime must be less than the parameter EndTime.")
    return int(start // MINUTE) * MINUTE, int(-(-end // 1))


def _known(
    series: Mapping[str, Mapping[int, float]], names: Sequence[str], moment: int
) -> dict[str, float]:
    """Those of the named statistics that have a point at the moment."""
    return {name: series[name][moment] for name in names if moment in series[name]}


def _label(query: Mapping[str, Any]) -> str:
    """A metric's name, or an expression's id."""
    stat = query.get("MetricStat")
    return str(stat["Metric"]["MetricName"] if stat else query["Id"])


def _matches(metric: Metric, parameters: Mapping[str, Any]) -> bool:
    dimensions = dict(metric.dimensions)
    return (
        parameters.get("Namespace", metric.namespace) == metric.namespace
        and parameters.get("MetricName", metric.name) == metric.name
        and all(
            wanted["Name"] in dimensions
            and wanted.get("Value", dimensions[wanted["Name"]]) == dimensions[wanted["Name"]]
            for wanted in parameters.get("Dimensions", [])
        )
    )


def _is_asked_for(alarm: Alarm, parameters: Mapping[str, Any]) -> bool:
    prefix = parameters.get("ActionPrefix", "")
    return (
        alarm.name in parameters.get("AlarmNames", [alarm.name])
        and alarm.name.startswith(parameters.get("AlarmNamePrefix", ""))
        and alarm.state.value == parameters.get("StateValue", alarm.state.value)
        and (not prefix or any(arn.startswith(prefix) for arn in alarm.settings["AlarmActions"]))
    )


def _page(items: Sequence[Any], token: str | None, size: int) -> tuple[Sequence[Any], str | None]:
    """One page and the token of the next; a token is the number of items before its page."""
    if token and not token.isdecimal():
        raise InvalidParameterValue("Request parameter NextToken is invalid")
    start = int(token or 0)
    end = start + size
    return items[start:end], str(end) if end < len(items) else None


def _refuse(parameters: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if parameters.get(name):
            raise ValidationError(f"The parameter {name} is not supported here.")
