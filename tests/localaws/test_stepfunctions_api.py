"""The API of Step Functions around executions."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.machines import FUNCTION, POLL, ROLE, Machines, task

CHOICE = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "A"}],
    "Default": "C",
}
PASS = {"Only": {"Type": "Pass", "End": True}}


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


def test_an_execution_without_a_name_gets_one(machines: Machines) -> None:
    """Two starts without a name are two executions."""
    machine = machines.create(PASS)

    assert machines.start(machine) != machines.start(machine)


def test_a_start_repeated_while_running_is_the_same_execution(machines: Machines) -> None:
    """Same name and input give the running execution; other input or a closed one is refused."""
    machine = machines.create(POLL)
    first = machines.start(machine, {"pause": 60}, name="release")

    assert machines.start(machine, {"pause": 60}, name="release") == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machines.start(machine, {"pause": 61}, name="release")
    machines.client.stop_execution(executionArn=first)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machines.start(machine, {"pause": 60}, name="release")


def test_a_name_is_free_again_after_90_days(machines: Machines) -> None:
    """Until then a closed execution keeps it."""
    machine = machines.create(PASS)
    machines.finish(machines.start(machine, name="release"))
    machines.aws.clock.advance(89 * 86400)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machines.start(machine, name="release")

    machines.aws.clock.advance(2 * 86400)

    assert machines.describe(machines.start(machine, name="release"))["status"] == "RUNNING"


@pytest.mark.parametrize("name", ["a b", "a:b", "x" * 81])
def test_names_are_checked(machines: Machines, name: str) -> None:
    """Blanks, colons and more than 80 characters are refused."""
    with pytest.raises(ClientError):
        machines.start(machines.create(PASS), name=name)


def test_input_must_be_json(machines: Machines) -> None:
    """Anything else is InvalidExecutionInput."""
    with pytest.raises(ClientError, match="InvalidExecutionInput"):
        machines.client.start_execution(stateMachineArn=machines.create(PASS), input="{")


def test_an_output_can_hold_the_start_time(machines: Machines) -> None:
    """DescribeExecution gives `$$.Execution.StartTime` in an output as text."""
    parameters = {"at.$": "$$.Execution.StartTime"}
    states = {"Only": {"Type": "Pass", "Parameters": parameters, "End": True}}

    assert machines.output(machines.run(states)) == {"at": "2026-01-05T09:00:00.000Z"}


@pytest.mark.parametrize("value", [None, "text", 3, [1]])
def test_any_json_value_is_an_output(machines: Machines, value: Any) -> None:
    """Null and text are outputs as good as objects."""
    execution = machines.run({"Only": {"Type": "Pass", "Result": value, "End": True}})

    assert machines.output(execution) == value


def test_a_history_is_read_page_by_page(machines: Machines) -> None:
    """Pages of three put together are the history, forwards and backwards."""
    machines.work = lambda _: {"done": len(machines.calls) == 3}
    execution = machines.run(POLL, {"pause": 5})
    everything = machines.history(execution)

    for is_reversed in (False, True):
        paginator = machines.client.get_paginator("get_execution_history")
        pages = list(
            paginator.paginate(
                executionArn=execution,
                reverseOrder=is_reversed,
                PaginationConfig={"PageSize": 3},
            )
        )
        assert {len(page["events"]) for page in pages[:-1]} == {3}
        events = [event for page in pages for event in page["events"]]
        assert events == (everything[::-1] if is_reversed else everything)


def test_a_history_can_leave_out_the_data(machines: Machines) -> None:
    """Without execution data the events have no input and no output."""
    execution = machines.run(PASS, {"secret": 1})

    assert "secret" not in str(machines.history(execution, includeExecutionData=False))
    assert "secret" in str(machines.history(execution))


def test_a_token_that_was_not_given_is_refused(machines: Machines) -> None:
    """A made-up nextToken is InvalidToken."""
    with pytest.raises(ClientError, match="InvalidToken"):
        machines.history(machines.run(PASS), nextToken="2")


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({"A": {"Type": "Pass", "Next": "B"}}, "Missing 'Next' target: B at /States/A/Next"),
        ({"A": {"Type": "Pass"}}, "needs Next or End at /States/A"),
        ({"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}, 'State "B" is not reachable'),
        ({"A": CHOICE}, "Missing 'Default' target: C at /States/A/Default"),
        ({"A": task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "D"}])}, "Catch[0]/Next"),
        ({"A": {"Type": "Pass", "QueryLanguage": "JSONata", "End": True}}, "JSONPath only"),
        ({"A": {"Type": "Nonsense", "End": True}}, "SCHEMA_VALIDATION_FAILED"),
    ],
)
def test_a_definition_that_cannot_run_is_refused(
    machines: Machines, states: dict[str, Any], message: str
) -> None:
    """CreateStateMachine answers InvalidDefinition and says what is wrong and where."""
    with pytest.raises(ClientError, match="InvalidDefinition") as caught:
        machines.create(states)
    assert message in caught.value.response["Error"]["Message"]


def test_an_update_is_checked_too(machines: Machines) -> None:
    """UpdateStateMachine refuses what CreateStateMachine refuses."""
    with pytest.raises(ClientError, match="InvalidDefinition"):
        machines.client.update_state_machine(
            stateMachineArn=machines.create(PASS), definition='{"StartAt": "A", "States": {}}'
        )


def test_a_name_belongs_to_one_definition(machines: Machines) -> None:
    """Creating the same machine twice is one machine; another one under its name is refused."""
    assert machines.create(PASS) == machines.create(PASS)
    with pytest.raises(ClientError, match="StateMachineAlreadyExists"):
        machines.create(POLL)


def test_only_standard_workflows_are_made(machines: Machines) -> None:
    """An express workflow would run as a standard one: it is refused."""
    definition = json.dumps({"StartAt": "Only", "States": PASS})
    with pytest.raises(ClientError, match="StateMachineTypeNotSupported"):
        machines.client.create_state_machine(
            name="m", definition=definition, roleArn=ROLE, type="EXPRESS"
        )


def test_a_task_token_reports_success_and_failure(machines: Machines) -> None:
    """A waiting Task goes on with the output that it is sent, or fails with error and cause."""
    parameters = {"FunctionName": FUNCTION, "Payload": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    machine = machines.create({"Ask": task(Resource=resource, Parameters=parameters)})
    first, second = machines.start(machine), machines.start(machine)
    machines.aws.clock.advance(60)
    tokens = [payload["token"] for _, payload in machines.calls]

    machines.client.send_task_success(taskToken=tokens[0], output='{"ok": true}')
    machines.client.send_task_failure(taskToken=tokens[1], error="Rejected", cause="no")
    machines.aws.clock.advance(1)

    assert machines.output(first) == {"ok": True}
    described = machines.describe(second)
    assert (described["error"], described["cause"]) == ("Rejected", "no")


def test_services_answer_tasks_with_names_as_on_aws(machines: Machines) -> None:
    """Parameters and results are PascalCase, moments text, and errors carry the SDK's prefix."""
    machines.client.create_activity(name="poll")
    resource = "arn:aws:states:::aws-sdk:sfn:describeActivity"
    arn = "arn:aws:states:us-east-1:123456789012:activity:poll"
    states = {"Look": task(Resource=resource, Parameters={"ActivityArn.$": "$.arn"})}

    found = machines.output(machines.run(states, {"arn": arn}))
    missing = machines.describe(machines.run(states, {"arn": arn + "s"}, name="again"))

    assert found["ActivityArn"] == arn
    assert found["CreationDate"] == "2026-01-05T09:00:00.000Z"
    assert missing["error"] == "Sfn.ActivityDoesNotExistException"


def test_conditions_of_dynamodb_fail_by_name(machines: Machines) -> None:
    """A put whose condition does not hold is ConditionalCheckFailedException, as the lock needs."""
    boto3.client("dynamodb").create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    parameters = {
        "TableName": "locks",
        "Item": {"pk": {"S.$": "$.name"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    put = {"Put": task(Resource="arn:aws:states:::dynamodb:putItem", Parameters=parameters)}
    machine = machines.create(put)

    first, second = machines.start(machine, {"name": "a"}), machines.start(machine, {"name": "a"})
    machines.aws.clock.advance(1)

    assert machines.describe(first)["status"] == "SUCCEEDED"
    assert machines.describe(second)["error"] == "DynamoDB.ConditionalCheckFailedException"


def test_a_machine_can_start_another_and_wait_for_it(machines: Machines) -> None:
    """`startExecution.sync:2` gives the other's output as JSON."""
    child = machines.create({"Rest": {"Type": "Wait", "Seconds": 60, "End": True}}, "child")
    resource = "arn:aws:states:::states:startExecution.sync:2"
    parameters = {"StateMachineArn": child, "Input": {"a": 1}}

    execution = machines.run({"Ask": task(Resource=resource, Parameters=parameters)})

    answer = machines.output(execution)
    assert (answer["Status"], answer["Output"]) == ("SUCCEEDED", {"a": 1})
    assert answer["StopDate"] - answer["StartDate"] == 60000
