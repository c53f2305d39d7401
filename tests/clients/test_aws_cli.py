"""The AWS CLI of a person who follows a release: it says what boto3 says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from canary.localaws.sandbox import ROOT, archive_of
from tests.clients.remote import Team
from tests.clients.server import Shell, eventually, serving

EXAMPLES = ROOT / "examples" / "checkout"
IS_SECOND = subprocess.run(
    ["/usr/bin/env", "aws", "--version"], capture_output=True, text=True, check=False
).stdout.startswith("aws-cli/2.")
REQUEST = {
    "schema": 1,
    "function": "checkout",
    "deployment": {"config": "CodeDeployDefault.LambdaAllAtOnce"},
    "policy": {"bakeMinutes": 2},
}


Options = dict[str, Any]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """An embedded AWS with the example in it, a minute of which passes each second."""
    with serving(tmp_path_factory.mktemp("served"), "--speed", "60", "--example") as shell:
        yield shell


@pytest.fixture(scope="module")
def team(shell: Shell) -> Iterator[Team]:
    """Its stack, over boto3."""
    team = Team(shell)
    yield team
    team.close()


@pytest.fixture(scope="module")
def release(shell: Shell, team: Team) -> str:
    """
    The execution of a release that the AWS CLI has uploaded and started, when it has ended.
    """
    (shell.directory / "good.zip").write_bytes(archive_of(EXAMPLES / "good"))
    put = shell.aws(
        *("s3api", "put-object", "--bucket", team.outputs["ArtifactBucket"]),
        *("--key", "incoming/good.zip", "--body", "good.zip"),
    )
    package = {"key": "incoming/good.zip", "version": put["VersionId"]}
    started = shell.aws(
        *("stepfunctions", "start-execution", "--name", "by-aws"),
        *("--state-machine-arn", team.outputs["ReleaseStateMachineArn"]),
        *("--input", json.dumps({**REQUEST, "package": package})),
    )
    execution = str(started["executionArn"])
    assert eventually(lambda: team.end(execution)) == "SUCCEEDED", team.describe(execution)
    return execution


def _as_written(answer: Any) -> Any:
    """What the CLI writes of an answer: moments as text, nothing of the transport."""
    if isinstance(answer, dict):
        kept = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
        return {name: _as_written(value) for name, value in kept.items()}
    if isinstance(answer, list):
        return [_as_written(each) for each in answer]
    return answer.isoformat() if isinstance(answer, datetime) else answer


def test_an_uploaded_package_is_released(release: str, team: Team) -> None:
    """As CI does it: put-object, start-execution."""
    output = json.loads(team.describe(release)["output"])
    assert output["finished"]["outcome"] == "promoted"
    assert team.alias("checkout") == {"2": 1}


READS: list[tuple[str, str, Callable[[Team, str], Options]]] = [
    ("sts", "get_caller_identity", lambda *_: {}),
    (
        "iam",
        "get_role",
        lambda team, _: {"RoleName": team.outputs["CodeDeployRoleArn"].split("/")[1]},
    ),
    (
        "signer",
        "get_signing_profile",
        lambda team, _: {"profileName": team.outputs["SigningProfileName"]},
    ),
    ("lambda", "get_function_code_signing_config", lambda *_: {"FunctionName": "checkout"}),
    ("lambda", "get_alias", lambda *_: {"FunctionName": "checkout", "Name": "live"}),
    (
        "codedeploy",
        "list_deployments",
        lambda team, _: {
            "applicationName": team.outputs["ApplicationName"],
            "deploymentGroupName": "checkout-live",
        },
    ),
    ("codedeploy", "get_deployment", lambda *given: {"deploymentId": _deployment(*given)}),
    ("cloudwatch", "describe_alarms", lambda *_: {"AlarmNames": ["canary-checkout-errors"]}),
    ("cloudwatch", "describe_alarm_history", lambda *_: {"AlarmName": "canary-checkout-errors"}),
    ("cloudwatch", "get_metric_statistics", lambda team, release: _metric(team, release)),
    (
        "stepfunctions",
        "list_executions",
        lambda team, _: {
            "stateMachineArn": team.outputs["ReleaseStateMachineArn"],
            "statusFilter": "SUCCEEDED",
        },
    ),
    ("stepfunctions", "describe_execution", lambda _, release: {"executionArn": release}),
    ("stepfunctions", "get_execution_history", lambda _, release: {"executionArn": release}),
]


def _deployment(team: Team, release: str) -> str:
    return str(json.loads(team.describe(release)["output"])["deployment"]["deploymentId"])


def _metric(team: Team, release: str) -> Options:
    """Invocations while the release ran: what is past does not change any more."""
    described = team.describe(release)
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": "Invocations",
        "Dimensions": [{"Name": "FunctionName", "Value": "checkout"}],
        "StartTime": described["startDate"].replace(second=0, microsecond=0),
        "EndTime": described["stopDate"].replace(second=0, microsecond=0),
        "Period": 60,
        "Statistics": ["Sum"],
    }


@pytest.mark.parametrize(
    ("service", "operation", "options"), READS, ids=[f"{it[0]} {it[1]}" for it in READS]
)
def test_the_cli_says_what_boto3_says(
    shell: Shell,
    team: Team,
    release: str,
    service: str,
    operation: str,
    options: Callable[[Team, str], Options],
) -> None:
    """And that is not nothing."""
    parameters = options(team, release)
    command = "deploy" if service == "codedeploy" else service
    said = shell.aws(
        command,
        operation.replace("_", "-"),
        *("--cli-input-json", json.dumps(_as_written(parameters))),
    )
    client = team.aws.client(service)
    expected = _as_written(getattr(client, operation)(**parameters))
    assert said == expected
    assert any(said.values())


def test_logs_can_be_read(shell: Shell, release: str) -> None:
    """By what `logs tail` asks for, too."""
    said = shell.aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/checkout")
    first_words = {event["message"].split()[0] for event in said["events"]}
    assert {"START", "END", "REPORT"} <= first_words


@pytest.mark.skipif(
    not IS_SECOND, reason="aws logs tail needs version 2 of the AWS CLI on the PATH"
)
def test_logs_can_be_followed(shell: Shell, release: str) -> None:
    """Each invocation's lines."""
    tail = ["/usr/bin/env", "aws", "logs", "tail", "/aws/lambda/checkout", "--since", "1d"]
    assert "REPORT RequestId" in shell.run(*tail)


def test_a_failed_release_can_be_redriven(shell: Shell, team: Team) -> None:
    """In the same execution; here it fails once more, for want of a package."""
    package = {"key": "incoming/late.zip", "version": "none-yet"}
    execution = team.start("late", {**REQUEST, "package": package})
    assert eventually(lambda: team.end(execution)) == "FAILED"
    shell.aws("stepfunctions", "redrive-execution", "--execution-arn", execution)
    assert eventually(lambda: team.end(execution)) == "FAILED"
    described = shell.aws("stepfunctions", "describe-execution", "--execution-arn", execution)
    assert (described["redriveCount"], described["error"]) == (1, "PackageInvalidError")


def test_a_stopped_release_is_taken_back(shell: Shell, team: Team, release: str) -> None:
    """The rollback machine hears of it: the alias is whole again on the version before."""
    package = team.upload(archive_of(EXAMPLES / "stable"), "incoming/stopped.zip")
    execution = team.start("stopped", {"schema": 1, "function": "checkout", "package": package})
    before = team.alias("checkout")
    assert eventually(lambda: len(team.alias("checkout")) == 2)
    shell.aws(
        *("stepfunctions", "stop-execution", "--execution-arn", execution),
        *("--error", "SecondThoughts", "--cause", "not today"),
    )
    described = shell.aws("stepfunctions", "describe-execution", "--execution-arn", execution)
    assert (described["status"], described["error"]) == ("ABORTED", "SecondThoughts")
    assert eventually(lambda: team.alias("checkout") == before)
