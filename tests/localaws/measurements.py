"""Words that the tests of CloudWatch's metrics share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from canary.localaws import LocalAws

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
VERSION = {"FunctionName": "orders", "Resource": "orders:live", "ExecutedVersion": "2"}


def query(name: str, stat: str = "Sum", **more: Any) -> dict[str, Any]:
    """A MetricDataQuery for a metric of Lambda."""
    dimensions = more.pop("dimensions", {"FunctionName": "orders"})
    return {
        "Id": more.pop("id", "m1"),
        "MetricStat": {
            "Metric": {
                "Namespace": more.pop("namespace", "AWS/Lambda"),
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": dimensions[key]} for key in dimensions],
            },
            "Period": more.pop("period", 60),
            "Stat": stat,
        },
        **more,
    }


def values(aws: LocalAws, *queries: dict[str, Any], minutes: int = 10, **more: Any) -> Any:
    """The values of the last query, oldest first."""
    options = {"ScanBy": "TimestampAscending", "StartTime": START, **more}
    options.setdefault("EndTime", START + timedelta(minutes=minutes))
    answer = aws.client("cloudwatch").get_metric_data(MetricDataQueries=list(queries), **options)
    return answer["MetricDataResults"][-1]["Values"]
