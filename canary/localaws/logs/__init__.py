"""CloudWatch Logs: moto's, and the metrics that log lines carry."""

from __future__ import annotations

from moto.logs.models import logs_backends

from canary.localaws.account import LocalAws
from canary.localaws.logs.models import LogsBackend


def install(aws: LocalAws) -> None:
    """Let moto keep logs in our backend."""
    aws.extend(logs_backends, LogsBackend)
