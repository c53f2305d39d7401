"""State machines with a published alias, as SAM's AutoPublishAlias makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from canary.localaws import LocalAws
from canary.localaws.stack import StackError, deploy
from tests.localaws.roles import role

ROLE = "arn:aws:iam::123456789012:role/machine"


@pytest.fixture(autouse=True)
def machine_role(aws: LocalAws) -> None:
    """Step Functions may assume it."""
    assert role(aws, "machine", "states") == ROLE


def template(tmp_path: Path, result: str, **more: Any) -> Path:
    """A template with one machine that gives this result."""
    states = {"Only": {"Type": "Pass", "Result": result, "End": True}}
    properties = {
        "Name": "machine",
        "AutoPublishAlias": "live",
        "Definition": {"StartAt": "Only", "States": states},
        "Role": ROLE,
        **more,
    }
    resources = {"Machine": {"Type": "AWS::Serverless::StateMachine", "Properties": properties}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}))
    return path


def output(aws: LocalAws) -> str:
    """What an execution of the alias gives."""
    client = aws.client("stepfunctions")
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:machine:live"
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    aws.clock.advance(1)
    return str(json.loads(client.describe_execution(executionArn=execution)["output"]))


def test_a_deployment_publishes_and_moves_the_alias(aws: LocalAws, tmp_path: Path) -> None:
    """Each changed definition is a version of its own, to which the alias points."""
    deploy(aws, template(tmp_path, "one"), "machines", {})
    assert output(aws) == "one"

    deploy(aws, template(tmp_path, "two"), "machines", {})

    assert output(aws) == "two"
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:machine"
    listed = aws.client("stepfunctions").list_state_machine_versions(stateMachineArn=arn)
    assert [version["stateMachineVersionArn"] for version in listed["stateMachineVersions"]] == [
        f"{arn}:2",
        f"{arn}:1",
    ]


def test_a_gradual_deployment_of_a_machine_is_refused(aws: LocalAws, tmp_path: Path) -> None:
    """It would happen at once here, which the stack says by name."""
    preference = {"Type": "LINEAR", "Percentage": 10, "Interval": 1}
    with pytest.raises(StackError, match="ALL_AT_ONCE only"):
        deploy(aws, template(tmp_path, "one", DeploymentPreference=preference), "machines", {})
