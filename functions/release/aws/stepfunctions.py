"""Step Functions: is an execution over?"""

from __future__ import annotations

import msgspec
from botocore.exceptions import ClientError

from release.aws import failures
from release.aws.clients import client


class ExecutionState(msgspec.Struct, frozen=True, rename="camel"):
    """Status of an execution, and how often it has been redriven."""

    status: str
    redrive_count: int

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
    return ExecutionState(found["status"], found.get("redriveCount", 0))
