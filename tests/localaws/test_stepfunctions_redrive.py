"""Redrive: an execution goes on where it failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.machines import POLL, Machines, task


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


TWO_STEPS = {
    "Sign": task(Parameters={"step": "sign"}, ResultPath="$.signed", Next="Publish"),
    "Publish": task(
        Parameters={"step": "publish", "redrives.$": "$$.Execution.RedriveCount"},
        ResultPath="$.published",
        Retry=[{"ErrorEquals": ["ValueError"], "IntervalSeconds": 5, "MaxAttempts": 2}],
    ),
}


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


def test_a_failed_task_is_scheduled_again_with_the_input_it_had(machines: Machines) -> None:
    """What succeeded before is not repeated, and retries begin anew."""
    machines.work = broken("publish")
    execution = machines.run(TWO_STEPS, {"a": 1})
    assert machines.describe(execution)["status"] == "FAILED"
    machines.aws.clock.advance(3600)

    redrive(machines, execution)
    machines.aws.clock.advance(6)
    machines.work = lambda payload: payload["redrives"]
    machines.finish(execution)

    steps = [payload["step"] for _, payload in machines.calls]
    assert steps == ["sign", "publish", "publish", "publish", "publish", "publish", "publish"]
    assert machines.output(execution) == {"a": 1, "signed": "sign", "published": 1}


def test_a_redrive_continues_the_history(machines: Machines) -> None:
    """ExecutionRedriven follows the failure; the Task is scheduled, but not entered again."""
    machines.work = broken("sign")
    execution = machines.run(TWO_STEPS)
    before = len(machines.history(execution))
    machines.work = broken("")

    redrive(machines, execution)
    machines.finish(execution)

    history = machines.history(execution)
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    redriven, scheduled = history[before : before + 2]
    assert history[before - 1]["type"] == "ExecutionFailed"
    assert redriven["type"] == "ExecutionRedriven"
    assert redriven["executionRedrivenEventDetails"] == {"redriveCount": 1}
    assert scheduled["type"] == "LambdaFunctionScheduled"
    assert scheduled["previousEventId"] == redriven["id"]
    assert machines.types(execution).count("TaskStateEntered") == 2


def test_a_redrive_shows_in_the_description(machines: Machines) -> None:
    """Count and date are told; while it runs there is no stop date and no second redrive."""
    machines.work = broken("sign")
    machines.seconds = 10
    execution = machines.run(TWO_STEPS)
    failed = machines.describe(execution)
    assert (failed["redriveCount"], failed["redriveStatus"]) == (0, "REDRIVABLE")
    machines.aws.clock.advance(90)

    date = redrive(machines, execution)["redriveDate"]

    running = machines.describe(execution)
    assert running["status"] == "RUNNING"
    assert not {"stopDate", "error", "cause"} & running.keys()
    assert (running["redriveCount"], running["redriveDate"]) == (1, date)
    assert (date - failed["stopDate"]).total_seconds() == 90
    with pytest.raises(ClientError, match="RUNNING and cannot be redriven"):
        redrive(machines, execution)


def test_a_fail_state_fails_again(machines: Machines) -> None:
    """An execution that ended in Fail enters Fail once more."""
    execution = machines.run({"No": {"Type": "Fail", "Error": "ReleaseRolledBack"}})

    redrive(machines, execution)
    machines.finish(execution)

    described = machines.describe(execution)
    assert (described["status"], described["error"]) == ("FAILED", "ReleaseRolledBack")
    assert machines.types(execution).count("FailStateEntered") == 2


def test_a_stopped_wait_is_waited_for_again(machines: Machines) -> None:
    """After an abort in a Wait the machine goes on with that Wait, and its time-out starts anew."""
    machines.work = lambda _: {"done": len(machines.calls) == 2}
    execution = machines.start(machines.create(POLL, TimeoutSeconds=150), {"pause": 100})
    machines.aws.clock.advance(60)
    machines.client.stop_execution(executionArn=execution)

    redrive(machines, execution)
    machines.finish(execution)

    assert [moment for moment, _ in machines.calls] == [0, 160]
    assert machines.describe(execution)["status"] == "SUCCEEDED"


def test_an_execution_stopped_before_its_first_state_starts_there(machines: Machines) -> None:
    """A redrive of an execution that never began runs all of it."""
    machines.work = broken("")
    execution = machines.start(machines.create(TWO_STEPS))
    machines.client.stop_execution(executionArn=execution)

    redrive(machines, execution)
    machines.finish(execution)

    assert machines.describe(execution)["status"] == "SUCCEEDED"
    assert machines.types(execution).count("TaskStateEntered") == 2


def test_a_redrive_runs_the_old_definition(machines: Machines) -> None:
    """A machine mended meanwhile does not reach the execution."""
    machines.work = broken("sign")
    execution = machines.run(TWO_STEPS)
    machine = machines.describe(execution)["stateMachineArn"]
    mended = '{"StartAt": "Skip", "States": {"Skip": {"Type": "Pass", "End": true}}}'
    machines.client.update_state_machine(stateMachineArn=machine, definition=mended)

    redrive(machines, execution)
    machines.finish(execution)

    assert machines.describe(execution)["error"] == "ValueError"


def test_a_success_cannot_be_redriven(machines: Machines) -> None:
    """SUCCEEDED is refused by AWS's name."""
    execution = machines.run({"Yes": {"Type": "Succeed"}})

    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        redrive(machines, execution)


def test_fourteen_days_later_it_is_too_late(machines: Machines) -> None:
    """The redrivable period ends two weeks after the failure."""
    execution = machines.run({"No": {"Type": "Fail"}})
    machines.aws.clock.advance(15 * 86400)

    assert machines.describe(execution)["redriveStatus"] == "NOT_REDRIVABLE"
    with pytest.raises(ClientError, match="redrivable period"):
        redrive(machines, execution)


def test_a_redrive_inside_of_branches_is_refused(machines: Machines) -> None:
    """What this interpreter could only do otherwise than AWS, it does not do."""
    branch = {"StartAt": "No", "States": {"No": {"Type": "Fail"}}}
    states = {"Both": {"Type": "Parallel", "Branches": [branch], "End": True}}
    execution = machines.run(states)

    with pytest.raises(ClientError, match="inside of Map or Parallel"):
        redrive(machines, execution)


def test_a_client_token_makes_a_redrive_idempotent(machines: Machines) -> None:
    """The same token again answers with the first redrive's date and does nothing."""
    execution = machines.run({"No": {"Type": "Fail"}})
    first = redrive(machines, execution, clientToken="once")
    machines.finish(execution)

    assert redrive(machines, execution, clientToken="once")["redriveDate"] == first["redriveDate"]
    assert machines.describe(execution)["redriveCount"] == 1
