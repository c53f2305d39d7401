"""Executions are logged as their machine asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.machines import ROLE, Machines, task

GROUP = "/aws/vendedlogs/states/machine"


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    aws.client("logs").create_log_group(logGroupName=GROUP)
    return Machines(aws, monkeypatch)


def logging(level: str, with_data: bool = True, group: str = GROUP) -> dict[str, Any]:
    """A loggingConfiguration."""
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
    return {"level": level, "includeExecutionData": with_data, "destinations": destinations}


def run(machines: Machines, configuration: dict[str, Any]) -> str:
    """An execution whose only Task fails."""

    def fail(_payload: Any) -> Any:
        raise ValueError("no")

    machines.work = fail
    definition = json.dumps({"StartAt": "Work", "States": {"Work": task()}})
    machine = machines.client.create_state_machine(
        name="machine", definition=definition, roleArn=ROLE, loggingConfiguration=configuration
    )
    execution = machines.start(machine["stateMachineArn"], {"secret": 1})
    machines.finish(execution)
    return execution


def lines(machines: Machines) -> list[dict[str, Any]]:
    """All that was logged."""
    events = machines.aws.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    return [json.loads(event["message"]) for event in events]


def test_all_events_are_logged_in_aws_s_shape(machines: Machines) -> None:
    """With ALL each event of the history is a line."""
    execution = run(machines, logging("ALL"))

    logged = lines(machines)
    assert [line["type"] for line in logged] == machines.types(execution)
    assert logged[0] == {
        "id": "1",
        "type": "ExecutionStarted",
        "details": {
            "input": '{"secret": 1}',
            "inputDetails": {"truncated": False},
            "roleArn": ROLE,
        },
        "previous_event_id": "0",
        "event_timestamp": "1767603600000",
        "execution_arn": execution,
        "redrive_count": "0",
    }
    streams = machines.aws.client("logs").describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert streams[0]["logStreamName"].startswith("states/machine/2026-01-05-09-00/")


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("ERROR", ["LambdaFunctionFailed", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_a_level_chooses_the_events(machines: Machines, level: str, types: list[str]) -> None:
    """ERROR leaves failures, FATAL the ends of failed executions, OFF nothing."""
    run(machines, logging(level))

    assert [line["type"] for line in lines(machines)] == types


def test_data_can_be_left_out(machines: Machines) -> None:
    """Without execution data there is neither input nor output in the log."""
    run(machines, logging("ALL", with_data=False))

    assert "secret" not in str(lines(machines))
    assert lines(machines)[-1]["details"]["error"] == "ValueError"


def test_a_redrive_is_counted(machines: Machines) -> None:
    """Lines after a redrive say which one it is."""
    execution = run(machines, logging("FATAL"))
    machines.client.redrive_execution(executionArn=execution)
    machines.finish(execution)

    assert [line["redrive_count"] for line in lines(machines)] == ["0", "1"]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        (logging("ALL", group="absent"), "'absent' does not exist"),
        ({"level": "ALL"}, "exactly one Log Destination"),
    ],
)
def test_logs_need_a_place(machines: Machines, configuration: dict[str, Any], message: str) -> None:
    """A machine that could not be logged is neither created nor changed."""
    with pytest.raises(ClientError, match="InvalidLoggingConfiguration") as caught:
        run(machines, configuration)
    assert message in caught.value.response["Error"]["Message"]
    machine = machines.create({"Work": task()})
    with pytest.raises(ClientError, match="InvalidLoggingConfiguration"):
        machines.client.update_state_machine(
            stateMachineArn=machine, loggingConfiguration=configuration
        )
