"""
The embedded metric format: metrics in lines of JSON.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.models import cloudwatch_backends

from canary.localaws.account import current
from canary.localaws.cloudwatch import record

MARK = '"_aws"'
MOST_DIMENSIONS = 30
MOST_VALUES = 100


class EmbeddedMetricError(ValueError):
    """The line looks like embedded metrics, but does not follow the specification."""


def extract(log_group: str, line: str) -> None:
    """
    Put the metrics of a line. One that is wrong puts none; it is counted, for the log group, where
    CloudWatch counts it.
    """
    try:
        document = json.loads(line)
    except ValueError:
        _count("EMFParsingErrors", log_group)
        return
    try:
        found = [] if not _is_embedded(document) else list(_metrics(document))
        for namespace, data in found:
            current().backend(cloudwatch_backends).put_metric_data(namespace, data)
    except (EmbeddedMetricError, InvalidParameterValue):
        _count("EMFValidationErrors", log_group)


def _count(name: str, log_group: str) -> None:
    record("AWS/Logs", name, {"LogGroupName": log_group}, 1.0, 1.0, "Count")


def _is_embedded(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("_aws"), dict)


def _metrics(document: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The namespaces with their data, one datum for each metric and set of dimensions."""
    try:
        metadata = document["_aws"]
        moment = datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC)
        for directive in metadata["CloudWatchMetrics"]:
            data = [
                {
                    "MetricName": metric["Name"],
                    "Unit": metric.get("Unit", "None"),
                    "Dimensions": _dimensions(names, document),
                    "Values": _values(document[metric["Name"]]),
                    "Timestamp": moment,
                }
                for names in directive["Dimensions"]
                for metric in directive["Metrics"]
            ]
            yield directive["Namespace"], data
    except (KeyError, TypeError) as error:
        raise EmbeddedMetricError(f"not in the embedded metric format: {error!r}") from error


def _dimensions(names: list[str], document: Mapping[str, Any]) -> list[dict[str, str]]:
    if len(names) > MOST_DIMENSIONS or not all(isinstance(document[name], str) for name in names):
        raise EmbeddedMetricError(f"dimensions must be at most {MOST_DIMENSIONS} texts: {names}")
    return [{"Name": name, "Value": document[name]} for name in names]


def _values(value: Any) -> list[float]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES or not all(_is_number(value) for value in values):
        raise EmbeddedMetricError(f"a metric must be at most {MOST_VALUES} numbers, not {value!r}")
    return [float(number) for number in values]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
