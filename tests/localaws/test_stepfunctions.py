"""How executions run: states, time, data."""

from __future__ import annotations

import threading

import pytest
from moto.stepfunctions.parser.utils import TMP_THREADS

from canary.localaws import LocalAws
from canary.localaws.stepfunctions.threads import waiting_names
from tests.localaws.machines import FUNCTION, POLL, Machines, task


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


def test_a_polling_loop_takes_the_time_of_its_waits_and_tasks(machines: Machines) -> None:
    """Three turns with two pauses of a minute and half a second of work each are 121.5 s."""
    machines.seconds = 0.5
    machines.work = lambda _: {"done": len(machines.calls) == 3}

    execution = machines.run(POLL, {"pause": 60})

    assert [moment for moment, _ in machines.calls] == [0.0, 60.5, 121.0]
    described = machines.describe(execution)
    assert described["status"] == "SUCCEEDED"
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 121.5
    assert machines.output(execution) == {"pause": 60, "answer": {"done": True}}


def test_waits_are_exact_from_any_moment(machines: Machines) -> None:
    """A pause of a second is a second, also when it begins at an odd fraction of one."""
    machines.seconds = 0.137
    machines.work = lambda _: {"done": len(machines.calls) == 40}

    machines.run(POLL, {"pause": 1})

    moments = [moment for moment, _ in machines.calls]
    assert moments == pytest.approx([turn * 1.137 for turn in range(40)], abs=1e-4)


def test_an_execution_begins_on_the_clock_and_not_in_the_call(machines: Machines) -> None:
    """StartExecution returns before the first state has run."""
    execution = machines.start(machines.create(POLL), {"pause": 1})

    assert machines.calls == []
    assert machines.describe(execution)["status"] == "RUNNING"


def test_the_context_object_can_be_passed_to_a_task(machines: Machines) -> None:
    """Id, name, input, redrive count, start and entry times have AWS's form."""
    context = {
        "id.$": "$$.Execution.Id",
        "name.$": "$$.Execution.Name",
        "input.$": "$$.Execution.Input",
        "redrives.$": "$$.Execution.RedriveCount",
        "started.$": "$$.Execution.StartTime",
        "entered.$": "$$.State.EnteredTime",
        "machine.$": "$$.StateMachine.Id",
    }
    states = {
        "Wait": {"Type": "Wait", "Seconds": 90, "Next": "Show"},
        "Show": {"Type": "Pass", "Parameters": context, "End": True},
    }

    execution = machines.run(states, {"a": 1})

    described = machines.describe(execution)
    assert machines.output(execution) == {
        "id": execution,
        "name": described["name"],
        "input": {"a": 1},
        "redrives": 0,
        "started": "2026-01-05T09:00:00.000Z",
        "entered": "2026-01-05T09:01:30.000Z",
        "machine": described["stateMachineArn"],
    }


def test_a_wait_for_a_timestamp_ends_at_that_moment(machines: Machines) -> None:
    """A Wait with TimestampPath is exited at the time that the input names."""
    states = {"Wait": {"Type": "Wait", "TimestampPath": "$.until", "End": True}}

    execution = machines.run(states, {"until": "2026-01-05T11:30:00Z"})

    assert machines.history(execution)[-1]["timestamp"].isoformat().startswith("2026-01-05T11:30")


def test_branches_of_a_parallel_state_wait_at_the_same_time(machines: Machines) -> None:
    """Two waits side by side last as long as the longer one."""
    branches = [
        {"StartAt": f"W{n}", "States": {f"W{n}": {"Type": "Wait", "Seconds": n, "End": True}}}
        for n in (30, 50)
    ]
    execution = machines.run({"Both": {"Type": "Parallel", "Branches": branches, "End": True}})

    described = machines.describe(execution)
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 50
    assert machines.output(execution) == [{}, {}]


def test_a_map_runs_its_items(machines: Machines) -> None:
    """An inline Map gives the results in the order of the items."""
    machines.work = lambda item: item * 2
    processor = {"StartAt": "Double", "States": {"Double": task()}}
    states = {"Each": {"Type": "Map", "ItemProcessor": processor, "End": True}}

    assert machines.output(machines.run(states, [3, 1, 2])) == [6, 2, 4]


def test_no_name_of_the_interpreter_waits_for_real(aws: LocalAws) -> None:
    """All that the interpreter has of `threading` is replaced while the embedded AWS runs."""
    assert waiting_names() == []


def test_the_interpreter_gets_its_threads_back() -> None:
    """After the embedded AWS, moto's interpreter has the real ones, in all the known places."""
    with LocalAws():
        pass
    modules = {module.__name__.rpartition(".")[2] for module, _, _ in waiting_names()}
    assert {"execute_state", "environment", "callback", "branch_worker", "job"} <= modules


def test_the_same_seed_gives_the_same_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, moments and the order of ten executions that race are equal in a second run."""

    def run() -> list[tuple[float, object]]:
        with LocalAws(seed=7) as aws:
            machines = Machines(aws, monkeypatch)
            machines.seconds = 1.5
            retry = {"ErrorEquals": ["ValueError"], "MaxAttempts": 9, "JitterStrategy": "FULL"}
            payload = {"id.$": "$$.Execution.Name", "token.$": "$$.Task.Token"}
            ask = task(
                Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
                Parameters={"FunctionName": FUNCTION, "Payload": payload},
                Retry=[retry],
            )
            machine = machines.create({"Ask": ask})
            machines.work = lambda _: 1 if len(machines.calls) % 3 else int("x")
            for _ in range(10):
                machines.start(machine)
            aws.clock.advance(600)
            return machines.calls

    first = run()
    assert len(first) > 10
    assert run() == first


def test_an_execution_leaves_no_thread_behind(machines: Machines) -> None:
    """All tasks of an execution that has ended are gone."""
    before = threading.active_count()

    machines.work = lambda _: {"done": True}
    machines.run(POLL, {"pause": 5})
    machines.aws.clock.advance(1)

    assert threading.active_count() == before
    assert TMP_THREADS == []  # where moto's interpreter keeps what it started
