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


def branch(step: str) -> dict[str, Any]:
    """Two Tasks, one after the other."""
    states = {
        f"{step}-1": task(Parameters={"step": f"{step}-1"}, Next=f"{step}-2"),
        f"{step}-2": task(Parameters={"step": f"{step}-2"}),
    }
    return {"StartAt": f"{step}-1", "States": states}


def steps(machines: Machines) -> list[Any]:
    """Which steps were invoked, in order."""
    return [payload["step"] for _, payload in machines.calls]


def test_only_branches_that_failed_run_again(machines: Machines) -> None:
    """From the state that failed; results of the others are kept, and retries begin anew."""
    machines.work = broken("b-2")
    both = {"Type": "Parallel", "Branches": [branch("a"), branch("b")], "End": True}
    execution = machines.run({"Both": both})
    assert steps(machines) == ["a-1", "b-1", "a-2", "b-2"]
    machines.calls.clear()
    machines.work = broken("")

    redrive(machines, execution)
    machines.finish(execution)

    assert steps(machines) == ["b-2"]
    assert machines.output(execution) == ["a-2", "b-2"]
    assert machines.types(execution).count("ParallelStateEntered") == 1
    assert machines.types(execution).count("TaskStateEntered") == 4


def test_aborted_branches_go_on_where_they_were(machines: Machines) -> None:
    """Stopped while one branch waits and the other is done: only the wait is repeated."""
    wait = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": True}}}
    both = {"Type": "Parallel", "Branches": [branch("a"), wait], "End": True}
    machines.work = broken("")
    execution = machines.start(machines.create({"Both": both}), {"x": 1})
    machines.aws.clock.advance(30)
    machines.client.stop_execution(executionArn=execution)

    redrive(machines, execution)
    machines.finish(execution)

    assert steps(machines) == ["a-1", "a-2"]
    assert machines.output(execution) == ["a-2", {"x": 1}]


def test_nested_branches_are_resumed(machines: Machines) -> None:
    """A Parallel inside of a branch repeats only what failed inside of it."""
    late = branch("a")
    late["States"] = {"Rest": {"Type": "Wait", "Seconds": 9, "Next": "a-1"}} | late["States"]
    late["StartAt"] = "Rest"
    inner = {"Type": "Parallel", "Branches": [late, branch("b")], "End": True}
    outer = [{"StartAt": "Inner", "States": {"Inner": inner}}, branch("c")]
    machines.work = broken("a-1")
    execution = machines.run({"Outer": {"Type": "Parallel", "Branches": outer, "End": True}})
    machines.calls.clear()
    machines.work = broken("")

    redrive(machines, execution)
    machines.finish(execution)

    assert steps(machines) == ["a-1", "a-2"]
    assert machines.output(execution) == [["a-2", "b-2"], "c-2"]


def test_branches_of_an_earlier_turn_do_not_count(machines: Machines) -> None:
    """In a loop, the results of the turn before are not those of the turn that failed."""
    turns: list[str] = []

    def work(payload: Any) -> Any:
        turns.append(payload["step"])
        if payload["step"] == "a-1" and len(turns) == 5:
            raise ValueError
        return len(turns)

    machines.work = work
    states = {
        "Both": {"Type": "Parallel", "Branches": [branch("a")], "Next": "Again"},
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$[0]", "NumericGreaterThan": 6, "Next": "Done"}],
            "Default": "Both",
        },
        "Done": {"Type": "Succeed"},
    }
    execution = machines.run(states)
    assert turns == ["a-1", "a-2"] * 2 + ["a-1"]

    redrive(machines, execution)
    machines.finish(execution)

    assert turns[5:] == ["a-1", "a-2"]
    assert machines.output(execution) == [7]


def test_only_iterations_that_failed_run_again(machines: Machines) -> None:
    """Of an inline Map; the order of the results stays."""

    def work(payload: Any) -> Any:
        if payload["step"] == 2:
            raise ValueError
        return payload["step"] * 10

    machines.work = work
    each = {"StartAt": "One", "States": {"One": task(Parameters={"step.$": "$"})}}
    states = {"Each": {"Type": "Map", "ItemProcessor": each, "End": True}}
    execution = machines.run(states, [1, 2, 3])
    machines.calls.clear()
    machines.work = lambda payload: payload["step"] * 100

    redrive(machines, execution)
    machines.finish(execution)

    assert machines.output(execution)[:2] == [10, 200]
    assert 1 not in steps(machines)


def test_iterations_of_an_earlier_turn_do_not_count(machines: Machines) -> None:
    """An iteration that the failed turn had not begun runs, whatever it gave the turn before."""
    turns: list[int] = []

    def work(payload: Any) -> Any:
        turns.append(payload["step"])
        if len(turns) == 3:
            raise ValueError
        return len(turns)

    machines.work = work
    each = {"StartAt": "One", "States": {"One": task(Parameters={"step.$": "$"})}}
    states = {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 1,
            "ItemProcessor": each,
            "ResultPath": "$.results",
            "Next": "Again",
        },
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.results[0]", "NumericGreaterThan": 3, "Next": "Done"}],
            "Default": "Each",
        },
        "Done": {"Type": "Succeed"},
    }
    execution = machines.run(states, {"items": [1, 2]})
    assert turns == [1, 2, 1]

    redrive(machines, execution)
    machines.finish(execution)

    assert turns[3:] == [1, 2]
    assert machines.output(execution)["results"] == [4, 5]


def test_all_branches_run_again_after_too_much_data(machines: Machines) -> None:
    """States.DataLimitExceeded of a Parallel is nobody's failure in particular."""
    machines.work = lambda _: "x" * (200 * 1024)
    both = {"Type": "Parallel", "Branches": [branch("a"), branch("b")], "End": True}
    execution = machines.run({"Both": both})
    assert machines.describe(execution)["error"] == "States.DataLimitExceeded"
    machines.calls.clear()
    machines.work = broken("")

    redrive(machines, execution)
    machines.finish(execution)

    assert sorted(steps(machines)) == ["a-1", "a-2", "b-1", "b-2"]


def test_a_map_inside_of_a_map_is_refused(machines: Machines) -> None:
    """What this interpreter could only do otherwise than AWS, it does not do."""
    no = {"StartAt": "No", "States": {"No": {"Type": "Fail"}}}
    inner = {"Type": "Map", "ItemProcessor": no, "End": True}
    outer = {"StartAt": "Inner", "States": {"Inner": inner}}
    states = {"Outer": {"Type": "Map", "ItemProcessor": outer, "End": True}}
    execution = machines.run(states, [[1]])

    with pytest.raises(ClientError, match="a Map inside of a Map"):
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
