"""CloudWatch: metrics that are told apart exactly, and alarms that are evaluated on the clock."""

from __future__ import annotations

from collections.abc import Mapping

from moto.cloudwatch.models import cloudwatch_backends

from canary.localaws.account import LocalAws, current
from canary.localaws.cloudwatch.models import CloudWatchBackend
from canary.localaws.cloudwatch.store import NO_UNIT, Metric


def install(aws: LocalAws) -> None:
    """Let moto keep metrics and alarms in our backend."""
    aws.extend(cloudwatch_backends, CloudWatchBackend)


def record(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    value: float,
    count: float = 1.0,
    unit: str = NO_UNIT,
) -> None:
    """Record `count` samples of `value` at the clock's now."""
    aws = current()
    store = aws.backend(cloudwatch_backends).store
    store.bucket(Metric.of(namespace, name, dimensions), aws.clock.now(), unit).add(value, count)
