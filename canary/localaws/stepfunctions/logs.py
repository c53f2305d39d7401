"""
The logs of executions, as a machine's loggingConfiguration asks for them.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moto.logs.models import logs_backends
from moto.stepfunctions.parser.asl.eval.event.logging import is_logging_enabled_for

from canary.localaws.account import current
from canary.localaws.stepfunctions.errors import InvalidLoggingConfiguration

if TYPE_CHECKING:
    from canary.localaws.stepfunctions.execution import LocalExecution

Log = Callable[[Mapping[str, Any]], None]
_DATA = ("input", "output", "inputDetails", "outputDetails", "parameters")


def check(configuration: Mapping[str, Any] | None) -> None:
    """
    Refuse a configuration that could deliver nothing.

    That the machine's role may deliver logs (`logs:CreateLogDelivery` and its likes) belongs here.
    """
    if configuration is None or configuration.get("level", "OFF") == "OFF":
        return
    group = _group_of(configuration)
    if group is None:
        raise InvalidLoggingConfiguration(
            "Invalid Logging Configuration: Must specify exactly one Log Destination."
        )
    if group not in current().backend(logs_backends).groups:
        raise InvalidLoggingConfiguration(
            f"Invalid Logging Configuration: The log group '{group}' does not exist."
        )


def log_of(execution: LocalExecution) -> Log:
    """Where the execution writes its events: nowhere, unless its machine asks for logs."""
    configuration = execution.state_machine.loggingConfiguration  # type: ignore[attr-defined]
    group, level = _group_of(configuration), configuration.get("level", "OFF")
    if group is None or level == "OFF":
        return lambda _: None
    with_data = configuration.get("includeExecutionData", False)

    def log(event: Mapping[str, Any]) -> None:
        if is_logging_enabled_for(level, event["type"]):
            _deliver(group, execution.state_machine_arn, _line(execution, event, with_data))

    return log


def _group_of(configuration: Mapping[str, Any]) -> str | None:
    destinations = configuration.get("destinations") or []
    if len(destinations) != 1:
        return None
    arn = destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
    _, found, rest = arn.partition(":log-group:")
    return rest.removesuffix(":*") if found else None


def _line(execution: LocalExecution, event: Mapping[str, Any], with_data: bool) -> str:
    details: Mapping[str, Any] = next(
        (event[name] for name in event if name.endswith("EventDetails")), {}
    )
    if not with_data:
        details = {name: details[name] for name in details if name not in _DATA}
    line = {
        "id": str(event["id"]),
        "type": event["type"].value,
        "details": details,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(round(current().clock.now() * 1000)),
        "execution_arn": execution.exec_arn,
        "redrive_count": str(execution.redrive_count),
    }
    return json.dumps(line, separators=(",", ":"), default=str)


def _deliver(group_name: str, machine_arn: str, line: str) -> None:
    clock = current().clock
    group = current().backend(logs_backends).groups.get(group_name)
    if group is None:  # deleted meanwhile: as on AWS, nobody is told
        return
    stream = _stream(machine_arn, f"{clock.datetime():%Y-%m-%d-%H-%M}")
    if stream not in group.streams:
        group.create_log_stream(stream)
    event = {"timestamp": round(clock.now() * 1000), "message": line}
    group.put_log_events(stream, [event])


def _stream(machine_arn: str, minute: str) -> str:
    """One for each machine and minute: `states/<machine>/<minute>/<hash>`."""
    digest = hashlib.sha256(f"{machine_arn} {minute}".encode()).hexdigest()
    return f"states/{machine_arn.rpartition(':')[2]}/{minute}/{digest[:8]}"
