"""Versions and aliases of state machines, and executions that are started by them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.machines import Machines, task


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


def states(result: Any) -> dict[str, Any]:
    """A machine that gives this result."""
    return {"Only": {"Type": "Pass", "Result": result, "End": True}}


def update(machines: Machines, machine: str, result: Any) -> str:
    """Give the machine another definition; the revision that it then has."""
    definition = json.dumps({"StartAt": "Only", "States": states(result)})
    answer = machines.client.update_state_machine(stateMachineArn=machine, definition=definition)
    return str(answer["revisionId"])


def publish(machines: Machines, machine: str, **options: Any) -> str:
    """A version of the machine as it is."""
    answer = machines.client.publish_state_machine_version(stateMachineArn=machine, **options)
    return str(answer["stateMachineVersionArn"])


def two_versions(machines: Machines) -> tuple[str, str, str]:
    """A machine with two versions, which give 1 and 2, and itself gives 3."""
    machine = machines.create(states(1))
    first = publish(machines, machine)
    update(machines, machine, 2)
    second = publish(machines, machine)
    update(machines, machine, 3)
    return machine, first, second


def alias(machines: Machines, **weights: int) -> str:
    """An alias of the machine that sends so much to each version."""
    routes = [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in weights.items()]
    answer = machines.client.create_state_machine_alias(name="live", routingConfiguration=routes)
    return str(answer["stateMachineAliasArn"])


def test_a_version_keeps_the_definition(machines: Machines) -> None:
    """An execution that is started by a version runs that version, and says so."""
    machine, first, _ = two_versions(machines)

    execution = machines.start(first)
    machines.finish(execution)

    assert machines.output(execution) == 1
    described = machines.describe(execution)
    assert (described["stateMachineArn"], described["stateMachineVersionArn"]) == (machine, first)
    assert "stateMachineAliasArn" not in described
    started = machines.history(execution)[0]["executionStartedEventDetails"]
    assert started["stateMachineVersionArn"] == first
    answer = machines.client.describe_state_machine_for_execution(executionArn=execution)
    assert json.loads(answer["definition"])["States"] == states(1)


def test_versions_are_listed_newest_first(machines: Machines) -> None:
    """Page by page, until they are deleted."""
    machine, first, second = two_versions(machines)
    pages = [
        machines.client.list_state_machine_versions(stateMachineArn=machine, maxResults=1),
    ]
    pages.append(
        machines.client.list_state_machine_versions(
            stateMachineArn=machine, nextToken=pages[0]["nextToken"]
        )
    )
    listed = [page["stateMachineVersions"][0]["stateMachineVersionArn"] for page in pages]
    assert listed == [second, first]

    machines.client.delete_state_machine_version(stateMachineVersionArn=first)

    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        machines.start(first)
    machines.client.delete_state_machine_version(stateMachineVersionArn=second)
    assert publish(machines, machine).endswith(":3"), "a number is never used again"


def test_publishing_the_same_twice_is_one_version(machines: Machines) -> None:
    """Only another description, or a revision that is not the current one, is a conflict."""
    machine = machines.create(states(1))
    first = publish(machines, machine, description="a")
    assert publish(machines, machine, description="a") == first
    with pytest.raises(ClientError, match="ConflictException"):
        publish(machines, machine, description="b")
    revision = update(machines, machine, 2)
    with pytest.raises(ClientError, match=f"current State Machine revision is {revision}"):
        publish(machines, machine, revisionId="INITIAL")
    assert publish(machines, machine, revisionId=revision) != first


def test_a_machine_can_be_published_with_its_update(machines: Machines) -> None:
    """`publish` gives the version's ARN, and publishing again gives the same one."""
    machine = machines.create(states(1))
    definition = json.dumps({"StartAt": "Only", "States": states(2)})
    answer = machines.client.update_state_machine(
        stateMachineArn=machine, definition=definition, publish=True
    )
    assert publish(machines, machine) == answer["stateMachineVersionArn"]
    shown = machines.client.describe_state_machine(stateMachineArn=machine)
    assert shown["revisionId"] == answer["revisionId"]


def test_an_alias_routes_by_weight(machines: Machines) -> None:
    """About as many executions as its weight says run each version, and all name the alias."""
    _, first, second = two_versions(machines)
    live = alias(machines, **{first: 80, second: 20})

    executions = [machines.start(live) for _ in range(100)]
    machines.aws.clock.advance(1)

    outputs = [machines.output(execution) for execution in executions]
    assert 10 <= outputs.count(2) <= 30
    assert outputs.count(1) == 100 - outputs.count(2)
    described = machines.describe(executions[0])
    assert described["stateMachineAliasArn"] == live
    assert described["stateMachineVersionArn"] == [first, second][outputs[0] - 1]
    listed = machines.client.list_executions(stateMachineArn=second)["executions"]
    assert len(listed) == outputs.count(2)
    assert len(machines.client.list_executions(stateMachineArn=live)["executions"]) == 100


def test_an_alias_is_made_changed_listed_and_deleted(machines: Machines) -> None:
    """The whole life of an alias."""
    machine, first, second = two_versions(machines)
    live = alias(machines, **{first: 100})
    assert alias(machines, **{first: 100}) == live
    with pytest.raises(ClientError, match="ConflictException"):
        alias(machines, **{second: 100})

    routes = [{"stateMachineVersionArn": second, "weight": 100}]
    machines.client.update_state_machine_alias(
        stateMachineAliasArn=live, routingConfiguration=routes
    )

    shown = machines.client.describe_state_machine_alias(stateMachineAliasArn=live)
    assert shown["routingConfiguration"] == routes
    listed = machines.client.list_state_machine_aliases(stateMachineArn=machine)
    assert [one["stateMachineAliasArn"] for one in listed["stateMachineAliases"]] == [live]
    with pytest.raises(ClientError, match="must not be referenced by an alias"):
        machines.client.delete_state_machine_version(stateMachineVersionArn=second)
    machines.client.delete_state_machine_alias(stateMachineAliasArn=live)
    machines.client.delete_state_machine_version(stateMachineVersionArn=second)
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        machines.start(live)


@pytest.mark.parametrize("weights", [(50, 40), (100, 100)])
def test_weights_add_up_to_a_hundred(machines: Machines, weights: tuple[int, int]) -> None:
    """Anything else is refused."""
    _, first, second = two_versions(machines)
    with pytest.raises(ClientError, match="must be equal to 100"):
        alias(machines, **{first: weights[0], second: weights[1]})


def test_an_alias_routes_to_versions_only(machines: Machines) -> None:
    """The machine itself, or a version that is not there, is refused."""
    machine, first, _ = two_versions(machines)
    for arn in (machine, first.replace(":1", ":9")):
        with pytest.raises(ClientError):
            alias(machines, **{arn: 100})


def test_a_redrive_keeps_the_version(machines: Machines) -> None:
    """Even when the alias has moved to another one meanwhile."""

    def fail(_payload: Any) -> Any:
        raise ValueError

    machines.work = fail
    machine = machines.create({"Only": task()})
    first = publish(machines, machine)
    live = alias(machines, **{first: 100})
    execution = machines.start(live)
    machines.finish(execution)
    update(machines, machine, 2)
    routes = [{"stateMachineVersionArn": publish(machines, machine), "weight": 100}]
    machines.client.update_state_machine_alias(
        stateMachineAliasArn=live, routingConfiguration=routes
    )
    machines.work = lambda _: "mended"

    machines.client.redrive_execution(executionArn=execution)
    machines.finish(execution)

    assert machines.output(execution) == "mended"
    assert machines.describe(execution)["stateMachineVersionArn"] == first


def test_a_definition_can_be_validated(machines: Machines) -> None:
    """Without making anything: each problem with its code and its place."""
    validate = machines.client.validate_state_machine_definition
    good = json.dumps({"StartAt": "Only", "States": states(1)})
    assert validate(definition=good)["result"] == "OK"

    answer = validate(definition=good.replace('"StartAt": "Only"', '"StartAt": "Other"'))

    assert answer["result"] == "FAIL"
    assert {
        "severity": "ERROR",
        "code": "MISSING_TRANSITION_TARGET",
        "message": "Missing 'StartAt' target: Other",
        "location": "/StartAt",
    } in answer["diagnostics"]
