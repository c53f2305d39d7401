"""Redrive inside of Parallel and Map: only what failed or was aborted runs again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.machines import Machines, broken, redrive, task


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


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
