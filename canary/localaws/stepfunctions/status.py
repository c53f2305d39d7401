"""
What the world learns of an execution: its description and its status events.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from canary.localaws import events
from canary.localaws.stepfunctions.redrive import why_not

if TYPE_CHECKING:
    from canary.localaws.stepfunctions.execution import LocalExecution

# Larger payloads are left out of events, so that those stay below EventBridge's limit.
_MOST_CHARACTERS = 248 * 1024


def output_of(execution: LocalExecution) -> str | None:
    """The output as JSON, once the execution has succeeded."""
    if execution.status != "SUCCEEDED":
        return None
    return str(to_json_str(execution.output, separators=(",", ":")))


def description_of(execution: LocalExecution) -> dict[str, Any]:
    """As DescribeExecution gives it."""
    reason = why_not(execution)
    description = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "output": output_of(execution),
        "outputDetails": {"included": True} if execution.status == "SUCCEEDED" else None,
        "error": execution.error,
        "cause": execution.cause,
        "redriveCount": execution.redrive_count,
        "redriveDate": execution.redrive_date,
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        "redriveStatusReason": reason,
    }
    return {name: value for name, value in description.items() if value is not None}


def machine_of(execution: LocalExecution) -> dict[str, Any]:
    """As DescribeStateMachineForExecution gives it: the machine as it was at the start."""
    machine: Any = execution.state_machine
    return {
        "stateMachineArn": execution.state_machine_arn,
        "name": machine.name,
        "definition": machine.definition,
        "roleArn": execution.role_arn,
        "updateDate": machine.update_date,
        "loggingConfiguration": machine.loggingConfiguration,
        "tracingConfiguration": machine.tracingConfiguration,
    }


def announce(execution: LocalExecution) -> None:
    """Publish the event for the status that the execution now has."""
    description = description_of(execution)
    detail: dict[str, Any] = dict.fromkeys(
        [
            *("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate"),
            *("input", "output", "stateMachineVersionArn", "stateMachineAliasArn"),
            *("redriveCount", "redriveDate", "redriveStatus", "redriveStatusReason"),
            *("inputDetails", "outputDetails", "error", "cause"),
        ]
    )
    detail |= description
    for name in ("startDate", "stopDate", "redriveDate"):
        detail[name] = detail[name] and round(detail[name].timestamp() * 1000)
    for name in ("input", "output"):
        if detail[name] and len(detail[name]) > _MOST_CHARACTERS:
            detail |= {name: None, f"{name}Details": {"included": False}}
    events.publish(
        "aws.states", "Step Functions Execution Status Change", detail, [execution.exec_arn]
    )
