"""What can be read from the store: GetMetricData, GetMetricStatistics, ListMetrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    ValidationError,
)

from canary.localaws.cloudwatch import queries
from canary.localaws.cloudwatch.expressions import Series
from canary.localaws.cloudwatch.pages import page, position, refuse
from canary.localaws.cloudwatch.store import MINUTE, Metric, MetricStore

MOST_QUERIES = 500
MOST_POINTS = 100_800
MOST_DATAPOINTS = 1440
METRICS_A_PAGE = 500

Parameters = Mapping[str, Any]
Structure = dict[str, Any]


def metric_data(store: MetricStore, parameters: Parameters) -> Structure:
    """
    GetMetricData. A page has as many points as it may; a query that goes on in the next is
    PartialData.
    """
    asked = parameters["MetricDataQueries"]
    refuse(parameters, "LabelOptions")
    if len(asked) > MOST_QUERIES:
        raise ValidationError(
            f"The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}."
        )
    queries.checked(asked)
    start, end = _span(parameters, ValidationError)
    evaluated = queries.Queries(store, asked, lambda period: range(start, end, period))
    returned = [query for query in asked if query.get("ReturnData", True)]
    series = {query["Id"]: evaluated.series(query["Id"]) for query in returned}
    return _data_page(returned, series, parameters)


def _data_page(
    returned: Sequence[Parameters], series: Mapping[str, Series], parameters: Parameters
) -> Structure:
    newest_first = parameters.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    first = position(parameters.get("NextToken"))
    last = first + parameters.get("MaxDatapoints", MOST_POINTS)
    results, seen = [], 0
    for query in returned:
        points = sorted(series[query["Id"]].items(), reverse=newest_first)
        chosen = points[max(first - seen, 0) : max(last - seen, 0)]
        seen += len(points)
        if chosen or not (points or first):
            results.append(_result(query, chosen, is_complete=seen <= last or not points))
    token = str(last) if seen > last else None
    return {"MetricDataResults": results, "Messages": [], "NextToken": token}


def _result(
    query: Parameters, points: Sequence[tuple[int, float]], *, is_complete: bool
) -> Structure:
    stat = query.get("MetricStat")
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or (stat["Metric"]["MetricName"] if stat else query["Id"]),
        "Timestamps": [datetime.fromtimestamp(moment, UTC) for moment, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete" if is_complete else "PartialData",
    }


def metric_statistics(store: MetricStore, parameters: Parameters) -> Structure:
    """GetMetricStatistics: without a unit, each unit has datapoints of its own."""
    plain, extended = parameters.get("Statistics", []), parameters.get("ExtendedStatistics", [])
    if bool(plain) == bool(extended):
        raise InvalidParameterCombination(
            "Must specify either Statistics or ExtendedStatistics, and not both"
        )
    start, end = _span(parameters, InvalidParameterValue)
    _check_number((end - start) // queries.checked_period(parameters["Period"]))
    asked = Metric.of(
        parameters["Namespace"],
        parameters["MetricName"],
        queries.named_dimensions(parameters.get("Dimensions")),
    )
    span = range(start, end, parameters["Period"])
    units = [parameters["Unit"]] if parameters.get("Unit") else store.units(asked)
    datapoints = [
        datapoint
        for unit in units
        for datapoint in _datapoints(store, parameters, unit, plain or extended, span)
    ]
    return {"Label": parameters["MetricName"], "Datapoints": datapoints}


def _datapoints(
    store: MetricStore, parameters: Parameters, unit: str, names: Sequence[str], span: range
) -> Iterator[Structure]:
    stat = {"Metric": parameters, "Period": span.step, "Unit": unit}
    series = {
        name: queries.measured(store, stat | {"Stat": name}, lambda _: span) for name in names
    }
    for moment in sorted(set[int]().union(*series.values())):
        known = {name: points[moment] for name, points in series.items() if moment in points}
        yield {
            "Timestamp": datetime.fromtimestamp(moment, UTC),
            "Unit": unit,
            **({"ExtendedStatistics": known} if "ExtendedStatistics" in parameters else known),
        }


def _check_number(datapoints: int) -> None:
    if datapoints > MOST_DATAPOINTS:
        raise InvalidParameterCombination(
            f"You have requested up to {datapoints:,} datapoints, which exceeds the limit of "
            f"{MOST_DATAPOINTS:,}. You may reduce the datapoints requested by increasing Period, "
            "or decreasing the time range."
        )


def listed_metrics(store: MetricStore, parameters: Parameters) -> Structure:
    """ListMetrics."""
    refuse(parameters, "RecentlyActive", "IncludeLinkedAccounts", "OwningAccount")
    found = [metric for metric in store if _matches(metric, parameters)]
    chosen, token = page(found, parameters.get("NextToken"), METRICS_A_PAGE)
    metrics = [
        {
            "Namespace": metric.namespace,
            "MetricName": metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        }
        for metric in chosen
    ]
    return {"Metrics": metrics, "NextToken": token}


def _matches(metric: Metric, parameters: Parameters) -> bool:
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


def _span(parameters: Parameters, error: type[Exception]) -> tuple[int, int]:
    """The time asked for in seconds, its start rounded down to a full minute."""
    start, end = (queries.utc(parameters[name]).timestamp() for name in ("StartTime", "EndTime"))
    if start >= end:
        raise error("The parameter StartTime must be less than the parameter EndTime.")
    return int(start // MINUTE) * MINUTE, int(-(-end // 1))
