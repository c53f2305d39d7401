"""AWS Step Functions: moto's interpreter on the clock, and the life of executions as on AWS."""

from __future__ import annotations

import moto.stepfunctions.models

from canary.localaws.account import LocalAws, current
from canary.localaws.stepfunctions import interpreter
from canary.localaws.stepfunctions.execution import LocalExecution
from canary.localaws.stepfunctions.models import LocalStepFunctionsBackend

__all__ = ["install", "start_execution"]


def install(aws: LocalAws) -> None:
    """Let moto run state machines in ours, and its interpreter on the clock."""
    aws.extend(moto.stepfunctions.models.stepfunctions_backends, LocalStepFunctionsBackend)
    interpreter.install(aws)


def start_execution(machine_arn: str, name: str, text: str) -> LocalExecution:
    """Start an execution on behalf of another service."""
    backend: LocalStepFunctionsBackend = current().backend(
        moto.stepfunctions.models.stepfunctions_backends
    )
    return backend.start_execution(machine_arn, name, text)
