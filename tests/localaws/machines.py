"""State machines to try, and functions for them that answer as a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from moto.core.exceptions import ServiceException

from canary.localaws import LocalAws, awslambda
from tests.localaws.roles import role

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"
ROLE = "arn:aws:iam::123456789012:role/machine"


@dataclass(frozen=True)
class Answer:
    """What Lambda gives for one invocation."""

    payload: bytes
    function_error: str | None = None
    executed_version: str = "1"
    seconds: float = 0.0
    log: str = ""


class Machines:
    """Creates, starts and follows state machines whose Tasks invoke `work`."""

    def __init__(self, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(awslambda, "invoke", self.invoke, raising=False)
        self.aws = aws
        self.client = aws.client("stepfunctions")
        self.calls: list[tuple[float, Any]] = []
        self.work: Callable[[Any], Any] = lambda payload: payload
        self.seconds = 0.0
        self.names_errors = True
        self._began = aws.clock.now()
        role(aws, "machine", "states")

    def invoke(self, name: str, payload: bytes, qualifier: str | None = None) -> Answer:
        """Stands in for the Lambda service."""
        assert name == FUNCTION
        assert qualifier is None
        value = json.loads(payload)
        self.calls.append((self.aws.clock.now() - self._began, value))
        try:
            result = self.work(value)
        except ServiceException:
            raise
        except Exception as error:
            failure = {"errorMessage": str(error)}
            if self.names_errors:
                failure["errorType"] = type(error).__name__
            return Answer(json.dumps(failure).encode(), "Unhandled", seconds=self.seconds)
        return Answer(json.dumps(result).encode(), seconds=self.seconds)

    def create(self, states: dict[str, Any], name: str = "machine", **top: Any) -> str:
        """A machine that starts at its first state."""
        definition = {"StartAt": next(iter(states)), "States": states, **top}
        created = self.client.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE
        )
        return str(created["stateMachineArn"])

    def start(self, machine: str, value: Any = None, **options: Any) -> str:
        """An execution, which has not begun yet."""
        text = json.dumps({} if value is None else value)
        started = self.client.start_execution(stateMachineArn=machine, input=text, **options)
        return str(started["executionArn"])

    def run(self, states: dict[str, Any], value: Any = None, **top: Any) -> str:
        """An execution that has come to its end."""
        execution = self.start(self.create(states, **top), value)
        self.finish(execution)
        return execution

    def finish(self, execution: str) -> None:
        """Let time pass until the execution has ended."""
        self.aws.clock.run(lambda: self.describe(execution)["status"] != "RUNNING", limit=1e6)

    def describe(self, execution: str) -> dict[str, Any]:
        """What DescribeExecution says."""
        return dict(self.client.describe_execution(executionArn=execution))

    def output(self, execution: str) -> Any:
        """The output of an execution that has succeeded."""
        return json.loads(self.describe(execution)["output"])

    def history(self, execution: str, **options: Any) -> list[dict[str, Any]]:
        """The events of an execution."""
        answer = self.client.get_execution_history(executionArn=execution, **options)
        return list(answer["events"])

    def types(self, execution: str) -> list[str]:
        """The types of the events of an execution."""
        return [event["type"] for event in self.history(execution)]


def task(**fields: Any) -> dict[str, Any]:
    """A Task that invokes the function and is the last state, unless `Next` is given."""
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": FUNCTION} | end | fields


def broken(step: str) -> Callable[[Any], Any]:
    """Work of which one step fails."""

    def work(payload: Any) -> Any:
        if payload.get("step") == step:
            raise ValueError(step)
        return payload["step"]

    return work


def redrive(machines: Machines, execution: str, **options: Any) -> dict[str, Any]:
    """Redrive the execution."""
    return dict(machines.client.redrive_execution(executionArn=execution, **options))


POLL = {
    "Ask": task(ResultPath="$.answer", Next="IsDone"),
    "IsDone": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.answer.done", "BooleanEquals": True, "Next": "Done"}],
        "Default": "Pause",
    },
    "Pause": {"Type": "Wait", "SecondsPath": "$.pause", "Next": "Ask"},
    "Done": {"Type": "Pass", "End": True},
}
