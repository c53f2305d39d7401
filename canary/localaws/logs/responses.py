"""The operations of CloudWatch Logs, where moto leaves parameters out."""

from __future__ import annotations

import json

from moto.logs import responses as moto
from moto.logs.exceptions import InvalidParameterException


class LogsResponse(moto.LogsResponse):
    """moto's operations; FilterLogEvents as `aws logs tail` uses it."""

    def filter_log_events(self) -> str:
        """Groups also by their ARN, streams also by prefix, events always in order of time."""
        group = self._group_name()
        events, token, searched = self.logs_backend.filter_log_events(
            group,
            self._stream_names(group),
            self._get_param("startTime"),
            self._get_param("endTime"),
            self._get_param("limit"),
            self._get_param("nextToken"),
            self._get_param("filterPattern"),
            interleaved=True,
        )
        return json.dumps({"events": events, "nextToken": token, "searchedLogStreams": searched})

    def put_metric_filter(self) -> str:
        """moto would keep the filter, and make no metric of what it finds."""
        raise InvalidParameterException("The embedded AWS does not support metric filters.")

    def _group_name(self) -> str:
        name, identifier = self._get_param("logGroupName"), self._get_param("logGroupIdentifier")
        if bool(name) == bool(identifier):
            raise InvalidParameterException(
                "Exactly one of logGroupName and logGroupIdentifier must be given."
            )
        return str(name or identifier.rpartition(":log-group:")[2])

    def _stream_names(self, group: str) -> list[str]:
        names = self._get_param("logStreamNames", [])
        prefix = self._get_param("logStreamNamePrefix")
        if names and prefix:
            raise InvalidParameterException(
                "Only one of logStreamNames and logStreamNamePrefix can be given."
            )
        if not prefix or group not in self.logs_backend.groups:
            return list(names)
        streams = self.logs_backend.groups[group].streams
        return [name for name in streams if name.startswith(prefix)] or [prefix]
