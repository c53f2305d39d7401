"""What EventBridge hears of executions."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from canary.localaws import LocalAws
from tests.localaws.machines import POLL, Machines, task
from tests.localaws.roles import open_queue, role

QUEUE = "arn:aws:sqs:us-east-1:123456789012:notices"


@pytest.fixture
def machines(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """State machines with functions that the test plays."""
    return Machines(aws, monkeypatch)


def notices(aws: LocalAws) -> list[dict[str, Any]]:
    """The details of the status events so far, in the order of their arrival."""
    queue = boto3.client("sqs").get_queue_url(QueueName="notices")["QueueUrl"]
    messages = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    bodies = [json.loads(message["Body"]) for message in messages.get("Messages", [])]
    assert all(body["resources"] == [body["detail"]["executionArn"]] for body in bodies)
    return [body["detail"] for body in bodies]


def listen(aws: LocalAws) -> None:
    """Send the status events to a queue."""
    open_queue(aws, "notices")
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
    }
    client = aws.client("events")
    client.put_rule(Name="notices", EventPattern=json.dumps(pattern))
    client.put_targets(Rule="notices", Targets=[{"Id": "1", "Arn": QUEUE}])


def test_the_status_of_an_execution_is_published(machines: Machines) -> None:
    """RUNNING and SUCCEEDED come with every field of the event, null where it has no value."""
    listen(machines.aws)
    execution = machines.run({"Publish": task()}, {"a": 1})
    machines.aws.clock.advance(1)

    running, succeeded = notices(machines.aws)

    start = 1767603600000
    described = machines.describe(execution)
    assert running == {
        "executionArn": execution,
        "stateMachineArn": described["stateMachineArn"],
        "name": described["name"],
        "status": "RUNNING",
        "startDate": start,
        "stopDate": None,
        "input": '{"a": 1}',
        "output": None,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
        "inputDetails": {"included": True},
        "outputDetails": None,
        "error": None,
        "cause": None,
    }
    assert (succeeded["status"], succeeded["output"]) == ("SUCCEEDED", '{"a":1}')
    assert succeeded["stopDate"] == start


def test_a_large_input_is_left_out_of_the_event(machines: Machines) -> None:
    """Above 248 KiB the event says only that there was an input."""
    listen(machines.aws)
    machines.start(machines.create(POLL), "x" * 250 * 1024)
    machines.aws.clock.advance(1)

    running = notices(machines.aws)[0]

    assert (running["input"], running["inputDetails"]) == (None, {"included": False})


def test_each_bad_end_is_published(machines: Machines) -> None:
    """FAILED, TIMED_OUT and ABORTED are told with error and cause, and can be redriven."""
    listen(machines.aws)
    wait = {"Pause": {"Type": "Wait", "Seconds": 60, "End": True}}
    failing = {"No": {"Type": "Fail", "Error": "E", "Cause": "C"}}
    machines.finish(machines.start(machines.create(failing, "failing")))
    machines.finish(machines.start(machines.create(wait, "slow", TimeoutSeconds=5)))
    stopped = machines.start(machines.create(wait, "stopped"))
    machines.client.stop_execution(executionArn=stopped, error="Op", cause="no")
    machines.aws.clock.advance(1)

    ends = [notice for notice in notices(machines.aws) if notice["status"] != "RUNNING"]

    assert [(end["status"], end["error"], end["cause"]) for end in ends] == [
        ("FAILED", "E", "C"),
        ("TIMED_OUT", None, None),
        ("ABORTED", "Op", "no"),
    ]
    assert {end["redriveStatus"] for end in ends} == {"REDRIVABLE"}


def test_a_failure_starts_another_machine(machines: Machines) -> None:
    """A rule on FAILED starts its machine with the event, under a generated name."""
    rescue = machines.create({"Show": {"Type": "Pass", "End": True}}, "rescue")
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"]}}
    client = machines.aws.client("events")
    client.put_rule(Name="failed", EventPattern=json.dumps(pattern))
    target = {"Id": "1", "Arn": rescue, "RoleArn": role(machines.aws, "rule", "events")}
    client.put_targets(Rule="failed", Targets=[target])
    failed = machines.run({"No": {"Type": "Fail", "Error": "E"}})

    machines.aws.clock.advance(1)

    (started,) = machines.client.list_executions(stateMachineArn=rescue)["executions"]
    described = machines.describe(started["executionArn"])
    event = json.loads(described["input"])
    assert event["detail"]["executionArn"] == failed
    assert described["name"].startswith(event["id"] + "_")
    assert described["startDate"].timestamp() % 1 == pytest.approx(0.2)
