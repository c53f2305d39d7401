"""Task tokens: who may still answer, and how AWS says no."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.machines import FUNCTION, Machines, task


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


def asking(machines: Machines, **fields: Any) -> str:
    """An execution whose Task waits for its token."""
    ask = task(
        Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters={"FunctionName": FUNCTION, "Payload": {"token.$": "$$.Task.Token"}},
        **fields,
    )
    execution = machines.start(machines.create({"Ask": ask}))
    machines.aws.clock.advance(1)
    return execution


def token(machines: Machines) -> str:
    """The latest token."""
    return str(machines.calls[-1][1]["token"])


def refusals(machines: Machines, given: str) -> set[str]:
    """What each of the three operations answers to a token."""
    codes = set()
    for operation, more in (
        ("send_task_success", {"output": "1"}),
        ("send_task_failure", {}),
        ("send_task_heartbeat", {}),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(machines.client, operation)(taskToken=given, **more)
        codes.add(caught.value.response["Error"]["Code"])
    return codes


def test_a_token_that_was_never_given_is_invalid(machines: Machines) -> None:
    """InvalidToken, for success, failure and heartbeat."""
    assert refusals(machines, "made-up") == {"InvalidToken"}


def test_a_token_answers_once(machines: Machines) -> None:
    """Even at the same moment: the second answer is TaskTimedOut."""
    execution = asking(machines)
    machines.client.send_task_success(taskToken=token(machines), output="1")

    assert refusals(machines, token(machines)) == {"TaskTimedOut"}
    machines.finish(execution)
    assert machines.output(execution) == 1
    assert refusals(machines, token(machines)) == {"TaskTimedOut"}


def test_a_retry_has_a_token_of_its_own(machines: Machines) -> None:
    """The token of the attempt that failed does nothing any more."""
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5}
    execution = asking(machines, Retry=[retry])
    first = token(machines)
    machines.client.send_task_failure(taskToken=first, error="E")
    machines.aws.clock.advance(10)

    assert token(machines) != first
    assert refusals(machines, first) == {"TaskTimedOut"}
    machines.client.send_task_success(taskToken=token(machines), output="2")
    machines.finish(execution)
    assert machines.output(execution) == 2


@pytest.mark.parametrize("limit", [{"TimeoutSeconds": 60}, {"HeartbeatSeconds": 30}])
def test_a_task_that_timed_out_takes_no_answer(machines: Machines, limit: dict[str, int]) -> None:
    """Its token is TaskTimedOut, and the Task failed with States.Timeout."""
    execution = asking(machines, **limit)
    machines.finish(execution)

    assert machines.describe(execution)["error"] == "States.Timeout"
    assert refusals(machines, token(machines)) == {"TaskTimedOut"}


def test_heartbeats_keep_a_task_alive(machines: Machines) -> None:
    """As long as they come in time."""
    execution = asking(machines, HeartbeatSeconds=30, TimeoutSeconds=600)
    for _ in range(4):
        machines.aws.clock.advance(20)
        machines.client.send_task_heartbeat(taskToken=token(machines))

    machines.client.send_task_success(taskToken=token(machines), output="1")
    machines.finish(execution)

    assert machines.output(execution) == 1


def test_a_stopped_execution_takes_no_answer(machines: Machines) -> None:
    """From the moment of StopExecution on; and a redrive asks with a new token."""
    execution = asking(machines)
    first = token(machines)
    machines.client.stop_execution(executionArn=execution)
    assert refusals(machines, first) == {"TaskTimedOut"}

    machines.aws.clock.advance(1)
    machines.client.redrive_execution(executionArn=execution)
    machines.aws.clock.advance(1)

    assert token(machines) != first
    assert refusals(machines, first) == {"TaskTimedOut"}
    machines.client.send_task_success(taskToken=token(machines), output="1")
    machines.finish(execution)
    assert machines.output(execution) == 1


def test_an_output_must_be_json(machines: Machines) -> None:
    """InvalidOutput, and the Task still waits."""
    execution = asking(machines)

    with pytest.raises(ClientError, match="InvalidOutput"):
        machines.client.send_task_success(taskToken=token(machines), output="{")

    assert machines.describe(execution)["status"] == "RUNNING"
