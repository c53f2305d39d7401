"""Redrive: an execution goes on where it failed."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.machines import POLL, Machines, broken, redrive, task


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


def test_a_choice_is_made_again(machines: Machines) -> None:
    """A Choice that found no rule fails again on the same input, without being entered twice."""
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "Yes"}],
    }
    execution = machines.run({"Which": choice, "Yes": {"Type": "Succeed"}}, {"a": 2})
    assert machines.describe(execution)["error"] == "States.NoChoiceMatched"

    redrive(machines, execution)
    machines.finish(execution)

    assert machines.describe(execution)["error"] == "States.NoChoiceMatched"
    assert machines.types(execution).count("ChoiceStateEntered") == 1
    assert machines.types(execution).count("ExecutionFailed") == 2


def test_a_wait_for_a_moment_that_has_passed_is_over_at_once(machines: Machines) -> None:
    """A Wait with a Timestamp that lies in the past by now takes no time."""
    wait = {"Type": "Wait", "Timestamp": "2026-01-05T09:10:00Z", "End": True}
    execution = machines.start(machines.create({"Until": wait}))
    machines.aws.clock.advance(60)
    machines.client.stop_execution(executionArn=execution)
    machines.aws.clock.advance(3600)

    date = redrive(machines, execution)["redriveDate"]
    machines.finish(execution)

    described = machines.describe(execution)
    assert (described["status"], described["stopDate"]) == ("SUCCEEDED", date)


def test_after_a_year_it_is_too_late(machines: Machines) -> None:
    """However fresh its failure is: an execution lasts one year at most."""
    wait = {"Long": {"Type": "Wait", "Seconds": 366 * 86400, "End": True}}
    execution = machines.start(machines.create(wait))
    machines.aws.clock.advance(365.5 * 86400)
    machines.client.stop_execution(executionArn=execution)

    with pytest.raises(ClientError, match="maximum execution time"):
        redrive(machines, execution)


def test_a_full_history_cannot_be_redriven(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 24,999 events or more there is no room to go on."""
    execution = machines.run({"No": {"Type": "Fail"}})
    number = len(machines.history(execution))
    monkeypatch.setattr("canary.localaws.stepfunctions.redrive.QUOTA", number + 1)

    with pytest.raises(ClientError, match="history event limit"):
        redrive(machines, execution)


def test_tokens_are_remembered_for_15_minutes(machines: Machines) -> None:
    """Later the same token is a new redrive."""
    execution = machines.run({"No": {"Type": "Fail"}})
    redrive(machines, execution, clientToken="once")
    machines.finish(execution)
    machines.aws.clock.advance(15 * 60 + 1)

    redrive(machines, execution, clientToken="once")

    assert machines.describe(execution)["redriveCount"] == 2


def test_the_last_ten_tokens_are_remembered(machines: Machines) -> None:
    """The eleventh pushes out the first, not the second."""
    execution = machines.run({"No": {"Type": "Fail"}})
    dates = []
    for number in range(11):
        dates.append(redrive(machines, execution, clientToken=str(number))["redriveDate"])
        machines.finish(execution)
        machines.aws.clock.advance(1)

    assert redrive(machines, execution, clientToken="1")["redriveDate"] == dates[1]
    assert redrive(machines, execution, clientToken="0")["redriveDate"] > dates[10]


def test_a_client_token_makes_a_redrive_idempotent(machines: Machines) -> None:
    """The same token again answers with the first redrive's date and does nothing."""
    execution = machines.run({"No": {"Type": "Fail"}})
    first = redrive(machines, execution, clientToken="once")
    machines.finish(execution)

    assert redrive(machines, execution, clientToken="once")["redriveDate"] == first["redriveDate"]
    assert machines.describe(execution)["redriveCount"] == 1
