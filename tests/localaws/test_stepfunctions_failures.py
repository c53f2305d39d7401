"""How executions fail, retry, time out and are stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.core.exceptions import ServiceException

from canary.localaws import LocalAws
from tests.localaws.machines import FUNCTION, POLL, Machines, task


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


class PublishFailedError(Exception):
    """A failure that a state machine can name."""


def fail(_payload: Any) -> Any:
    """Work that always fails."""
    raise PublishFailedError("no version")


def busy(_payload: Any) -> Any:
    """Work that Lambda has no room for."""
    raise ServiceException("TooManyRequestsException", "Rate Exceeded.")


def moments(machines: Machines) -> list[float]:
    """When the function was invoked."""
    return [round(moment, 3) for moment, _ in machines.calls]


def test_a_handler_exception_fails_the_execution_by_its_name(machines: Machines) -> None:
    """Error is the class of the exception and Cause what Lambda returned."""
    machines.work = fail

    described = machines.describe(machines.run({"Publish": task()}))

    assert (described["status"], described["error"]) == ("FAILED", "PublishFailedError")
    assert json.loads(described["cause"])["errorMessage"] == "no version"


def test_a_failure_of_lambda_itself_has_its_prefix(machines: Machines) -> None:
    """Throttling is `Lambda.TooManyRequestsException`."""
    machines.work = busy

    described = machines.describe(machines.run({"Publish": task()}))

    assert described["error"] == "Lambda.TooManyRequestsException"
    assert described["cause"].startswith("Rate Exceeded. (Service: Lambda, Status Code: 429")


def test_a_failure_without_a_type_is_unknown(machines: Machines) -> None:
    """A function error whose payload has no errorType is `Lambda.Unknown`."""
    machines.work = fail
    machines.names_errors = False

    described = machines.describe(machines.run({"Publish": task()}))

    assert described["error"] == "Lambda.Unknown"
    assert "no version" in described["cause"]


def test_retries_wait_in_virtual_time(machines: Machines) -> None:
    """Intervals grow by the rate up to the limit; then the error stands."""
    machines.work = fail
    retry = {
        "ErrorEquals": ["PublishFailedError"],
        "IntervalSeconds": 10,
        "MaxAttempts": 4,
        "BackoffRate": 2,
        "MaxDelaySeconds": 30,
    }

    execution = machines.run({"Publish": task(Retry=[retry])})

    assert moments(machines) == [0, 10, 30, 60, 90]
    assert machines.describe(execution)["status"] == "FAILED"


def test_jitter_shortens_the_intervals(machines: Machines) -> None:
    """With FULL jitter each interval is drawn between zero and its length."""
    machines.work = fail
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "JitterStrategy": "FULL"}

    machines.run({"Publish": task(Retry=[retry])})

    first, second, *_ = moments(machines)
    assert 0 < second - first < 60


def test_a_catch_gives_the_error_to_the_next_state(machines: Machines) -> None:
    """The caught error is put where ResultPath says, and the Fail state ends the execution."""
    machines.work = fail
    catch = {"ErrorEquals": ["PublishFailedError"], "ResultPath": "$.failure", "Next": "Undo"}
    states = {
        "Publish": task(Catch=[catch]),
        "Undo": {"Type": "Pass", "Next": "RolledBack"},
        "RolledBack": {"Type": "Fail", "Error": "ReleaseRolledBack", "Cause": "no version"},
    }

    execution = machines.run(states, {"a": 1})

    assert machines.types(execution)[5:7] == ["TaskStateExited", "PassStateEntered"]
    entered = machines.history(execution)[6]["stateEnteredEventDetails"]
    assert json.loads(entered["input"])["failure"]["Error"] == "PublishFailedError"
    described = machines.describe(execution)
    assert (described["error"], described["cause"]) == ("ReleaseRolledBack", "no version")


def test_a_task_that_takes_too_long_times_out(machines: Machines) -> None:
    """After TimeoutSeconds the Task fails with States.Timeout, and its late answer is dropped."""
    machines.seconds = 100
    catch = {"ErrorEquals": ["States.Timeout"], "Next": "Later"}
    states = {
        "Publish": task(TimeoutSeconds=30, Catch=[catch]),
        "Later": {"Type": "Wait", "Seconds": 300, "End": True},
    }

    execution = machines.run(states)

    types = machines.types(execution)
    assert "LambdaFunctionTimedOut" in types
    assert "LambdaFunctionSucceeded" not in types
    described = machines.describe(execution)
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 330


@pytest.mark.parametrize("where", ["Wait", "Task", "Retry", "Token"])
def test_an_execution_can_be_stopped_wherever_it_waits(machines: Machines, where: str) -> None:
    """StopExecution ends it at once, with error and cause, and nothing follows."""
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 300}
    token = {"FunctionName": FUNCTION, "Payload": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    states = {
        "Wait": {"Type": "Wait", "Seconds": 300, "End": True},
        "Task": task(),
        "Retry": task(Retry=[retry]),
        "Token": task(Resource=resource, Parameters=token),
    }
    machines.seconds = 300 if where == "Task" else 0
    machines.work = fail if where == "Retry" else lambda payload: payload
    execution = machines.start(machines.create({where: states[where]}))
    machines.aws.clock.advance(60)

    machines.client.stop_execution(executionArn=execution, error="Operator", cause="enough")

    described = machines.describe(execution)
    assert (described["status"], described["error"]) == ("ABORTED", "Operator")
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 60
    machines.aws.clock.advance(1000)
    last = machines.history(execution)[-1]
    assert last["type"] == "ExecutionAborted"
    assert last["executionAbortedEventDetails"] == {"error": "Operator", "cause": "enough"}


def test_stopping_twice_changes_nothing(machines: Machines) -> None:
    """A second StopExecution answers with the first one's date and writes no event."""
    execution = machines.start(machines.create(POLL), {"pause": 60})
    first = machines.client.stop_execution(executionArn=execution, error="A")["stopDate"]
    machines.aws.clock.advance(5)

    second = machines.client.stop_execution(executionArn=execution, error="B")["stopDate"]

    assert first == second
    assert machines.describe(execution)["error"] == "A"
    assert machines.types(execution).count("ExecutionAborted") == 1


def test_a_machine_has_its_own_time_out(machines: Machines) -> None:
    """After the machine's TimeoutSeconds the execution is TIMED_OUT, whatever it was doing."""
    machines.seconds = 7

    execution = machines.run(POLL, {"pause": 60, "answer": {}}, TimeoutSeconds=70)

    described = machines.describe(execution)
    assert described["status"] == "TIMED_OUT"
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 70
    assert machines.types(execution)[-1] == "ExecutionTimedOut"
    listed = machines.client.list_executions(stateMachineArn=described["stateMachineArn"])
    assert listed["executions"][0]["stopDate"] == described["stopDate"]


def test_a_history_has_an_end(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """An execution that fills its history fails with States.Runtime, and no Catch helps."""
    monkeypatch.setattr("canary.localaws.stepfunctions.history.QUOTA", 50)
    machines.work = lambda _: {"done": False}
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Done"}
    states = POLL | {"Ask": task(ResultPath="$.answer", Next="IsDone", Catch=[catch])}

    execution = machines.run(states, {"pause": 1})

    assert machines.describe(execution)["error"] == "States.Runtime"
    assert len(machines.history(execution)) == 50


CATCH_ALL = {
    "Retry": [{"ErrorEquals": ["States.ALL"]}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    "Next": "Caught",
}
CAUGHT = {"Caught": {"Type": "Pass", "End": True}}


def test_too_much_data_is_not_caught_by_all(machines: Machines) -> None:
    """A result over 256 KiB is States.DataLimitExceeded, which is neither retried nor caught."""
    machines.work = lambda _: "x" * 256 * 1024

    described = machines.describe(machines.run({"Work": task(**CATCH_ALL)} | CAUGHT))

    assert (described["status"], described["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert len(machines.calls) == 1


def test_too_much_data_can_be_caught_by_name(machines: Machines) -> None:
    """A Catch that names States.DataLimitExceeded finds it."""
    machines.work = lambda _: "x" * 256 * 1024
    catch = {"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Caught"}

    execution = machines.run({"Work": task(Catch=[catch])} | CAUGHT)

    assert machines.output(execution)["Error"] == "States.DataLimitExceeded"


def test_a_path_that_finds_nothing_is_not_caught_by_all(machines: Machines) -> None:
    """It is States.Runtime: the machine is wrong, not its task, which is never invoked."""
    work = task(Parameters={"a.$": "$.absent"}, **CATCH_ALL)

    described = machines.describe(machines.run({"Work": work} | CAUGHT))

    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert "The JSONPath '$.absent' could not be found in the input '{}'" in described["cause"]
    assert machines.calls == []


def test_a_choice_without_a_match_fails_by_name(machines: Machines) -> None:
    """States.NoChoiceMatched, with the state in the cause."""
    rule = {"Variable": "$.a", "NumericEquals": 1, "Next": "Caught"}

    execution = machines.run({"Which": {"Type": "Choice", "Choices": [rule]}} | CAUGHT, {"a": 2})

    described = machines.describe(execution)
    assert described["error"] == "States.NoChoiceMatched"
    assert "executing the state 'Which' (entered at the event id #2)" in described["cause"]
