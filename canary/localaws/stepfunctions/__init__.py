"""AWS Step Functions: moto's interpreter on the clock, and the life of executions as on AWS."""

from __future__ import annotations

from typing import cast

import moto.stepfunctions.models

from canary.localaws.account import LocalAws, current
from canary.localaws.stepfunctions import interpreter
from canary.localaws.stepfunctions.execution import LocalExecution
from canary.localaws.stepfunctions.models import LocalStepFunctionsBackend

__all__ = ["find_execution", "install", "start_execution"]


def install(aws: LocalAws) -> None:
    """Let moto run state machines in ours, and its interpreter on the clock."""
    aws.extend(moto.stepfunctions.models.stepfunctions_backends, LocalStepFunctionsBackend)
    interpreter.install(aws)


def start_execution(machine_arn: str, name: str, text: str) -> LocalExecution:
    """Start an execution on behalf of another service."""
    return _backend().start_execution(machine_arn, name, text)


def find_execution(arn: str) -> LocalExecution:
    """An execution to look at directly, for what looks often: an API call costs a thousand times
    more."""
    return cast(LocalExecution, _backend().describe_execution(arn))


def _backend() -> LocalStepFunctionsBackend:
    return cast(
        LocalStepFunctionsBackend,
        current().backend(moto.stepfunctions.models.stepfunctions_backends),
    )
