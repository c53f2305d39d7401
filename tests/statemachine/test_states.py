"""What every state of both machines keeps to."""

import re

from tests.statemachine.machines import Machine, reachable, states, targets

# ASL cannot factor repetition out, so it is held equal to this.
RETRY = {
    "ErrorEquals": [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.Unknown",
        "Sandbox.Timedout",
        "Runtime.ExitError",
        "States.Timeout",
        "AwsUnavailableError",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
# A bad version can eat the account's concurrency: the way back tries longer.
RETRY_OF_ROLL_BACK = RETRY | {"MaxAttempts": 30, "MaxDelaySeconds": 30}
EXECUTION = {"arn.$": "$$.Execution.Id", "redriveCount.$": "$$.Execution.RedriveCount"}

REQUEST = {"request.$": "$$.Execution.Input", "startedAt.$": "$$.Execution.StartTime"}


def test_every_state_says_what_it_is_for(machine: Machine) -> None:
    """The machine and each state have a comment, a sentence that ends as one."""
    comments = {name: state.get("Comment", "") for name, state in machine["States"].items()}
    comments["machine"] = machine.get("Comment", "")
    assert [name for name, said in comments.items() if not re.fullmatch(r"[A-Z].+[.?]", said)] == []


def test_names_read_aloud(machine: Machine) -> None:
    """Every name is words in PascalCase; a Choice asks a question, a Wait says what it is for."""
    begins = {"Choice": "(Is|How|Are|Did|Has)", "Wait": "WaitFor"}
    wrong = [
        name
        for name, state in machine["States"].items()
        if not re.fullmatch(f"{begins.get(state['Type'], '')}([A-Z][a-z]+)+", name)
    ]
    assert wrong == []


def test_a_machine_ends_in_time(machine: Machine) -> None:
    """Neither machine can run for a year."""
    assert 0 < machine["TimeoutSeconds"] <= 5 * 86400


def test_every_task_has_a_time_out(machine: Machine) -> None:
    """A Task that hangs is given up; Step Functions' own default is a year."""
    for name, task in states(machine, "Task").items():
        assert isinstance(task.get("TimeoutSeconds"), int), name
        assert "TimeoutSecondsPath" not in task, name


def test_every_task_names_its_result(machine: Machine) -> None:
    """No result overwrites another, and none but the first Task's replaces the whole state."""
    paths = {name: task.get("ResultPath") for name, task in states(machine, "Task").items()}
    assert len(set(paths.values())) == len(paths), paths
    for name, path in paths.items():
        if path == "$":
            assert name == machine["StartAt"]
        else:
            assert re.fullmatch(r"\$\.[a-z]+", str(path)), name


def test_every_task_retries_alike(machine: Machine) -> None:
    """What AWS may get right the next time is tried again, everywhere in the same way."""
    for name, task in states(machine, "Task").items():
        assert task["Retry"] == [RETRY_OF_ROLL_BACK if name == "RollBack" else RETRY], name


def test_every_task_calls_the_function_of_its_name(machine: Machine) -> None:
    """One word for state, substitution and function."""
    for name, task in states(machine, "Task").items():
        assert task["Resource"] == f"${{{name}FunctionArn}}"


def test_every_task_says_which_execution_calls(machine: Machine) -> None:
    """The lock's holder is the execution and its redrive count: each handler gets both."""
    for name, task in states(machine, "Task").items():
        given = dict(task["Parameters"])
        assert given.pop("execution") == EXECUTION, name
        assert given in ({"state.$": "$"}, REQUEST), name


def test_every_wait_returns_to_the_task_of_its_loop(machine: Machine) -> None:
    """Task, Choice, Wait, the same Task; the Task itself says how many seconds."""
    for name, wait in states(machine, "Wait").items():
        task = machine["States"][wait["Next"]]
        assert task["Type"] == "Task", name
        choice = machine["States"][task["Next"]]
        assert choice["Type"] == "Choice", name
        assert name in targets(choice), name
        result = {"$": "$.validation"}.get(task["ResultPath"], task["ResultPath"])
        assert wait["SecondsPath"] == f"{result}.waitSeconds", name


def test_only_a_wait_leads_back(machine: Machine) -> None:
    """Without its Waits a machine has no loop: none turns without time passing."""
    ahead = {
        name: set() if state["Type"] == "Wait" else set(targets(state))
        for name, state in machine["States"].items()
    }
    while leaves := {name for name, after in ahead.items() if not after}:
        ahead = {name: after - leaves for name, after in ahead.items() if name not in leaves}
    assert ahead == {}


def test_every_way_leads_somewhere(machine: Machine) -> None:
    """Each Next and Default is a state, each state can be reached, each Choice has a Default."""
    for name, state in machine["States"].items():
        assert [each for each in targets(state) if each not in machine["States"]] == [], name
        assert state["Type"] != "Choice" or "Default" in state, name
    assert reachable(machine, machine["StartAt"]) == set(machine["States"])
