"""Step Functions: is an execution over? And the start of one."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from botocore.exceptions import ClientError

from release.aws import failures
from release.aws.clients import client


class ExecutionState(msgspec.Struct, frozen=True, rename="camel"):
    """Status of an execution, how often it has been redriven, and the error it ended with."""

    status: str
    redrive_count: int
    error: str | None = None

    @property
    def is_over(self) -> bool:
        """Anything but a known end counts as running."""
        return self.status in {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


def describe_execution(arn: str) -> ExecutionState | None:
    """The execution now, or None where there is none of that ARN."""
    try:
        found = client("stepfunctions").describe_execution(executionArn=arn)
    except ClientError as error:
        if failures.code(error) == "ExecutionDoesNotExist":
            return None
        raise
    return ExecutionState(found["status"], found.get("redriveCount", 0), found.get("error"))


def start_execution(machine_arn: str, event: Mapping[str, object]) -> str:
    """Start an execution with this input; returns its ARN."""
    started = client("stepfunctions").start_execution(
        stateMachineArn=machine_arn, input=msgspec.json.encode(event).decode()
    )
    return str(started["executionArn"])
