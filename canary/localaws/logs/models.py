"""The backend of CloudWatch Logs: moto's, which reads the metrics in what it is given."""

from __future__ import annotations

from typing import Any

from moto.logs import models as moto

from canary.localaws.logs import embedded


class LogsBackend(moto.LogsBackend):
    """moto's backend; a line in the embedded metric format is also a metric."""

    def put_log_events(
        self, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> tuple[str, dict[str, Any]]:
        answer = super().put_log_events(log_group_name, log_stream_name, log_events)
        for event in log_events:
            if embedded.MARK in event["message"]:
                embedded.extract(log_group_name, event["message"])
        return answer
