"""What CodeDeploy refuses at once, and what it finds out after CreateDeployment has answered."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.deployments import (
    GROUP,
    alias,
    app_spec,
    code_of,
    deploy,
    described,
    lifecycle,
    move_alias,
    prepare,
    role,
    rollback_of,
)

INVALID = (
    "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment "
    "configuration is missing or has an invalid configuration."
)
MISMATCH = (
    f"{INVALID} The Lambda function alias version does not match the current version in AppSpec "
    "file."
)
NO_ROLLBACK: dict[str, Any] = {"autoRollbackConfiguration": {"enabled": False}}


def failure(aws: LocalAws, content: str) -> tuple[str, str]:
    """The error of a deployment that fails before anything moves."""
    id_ = deploy(aws, content=content, **NO_ROLLBACK)
    aws.clock.advance(1)
    info = described(aws, id_)
    assert info["status"] == "Failed"
    return info["errorInformation"]["code"], info["errorInformation"]["message"]


# -- found out afterwards --------------------------------------------------------------------------


def test_the_alias_must_be_on_the_current_version(aws: LocalAws) -> None:
    """AWS's message, after a deployment id has been given, and nothing has moved."""
    prepare(aws, versions=3)
    assert failure(aws, app_spec("2", "3")) == ("INVALID_LAMBDA_CONFIGURATION", MISMATCH)
    assert alias(aws) == ("1", {})


def test_equal_versions_fail_without_detail(aws: LocalAws) -> None:
    """Where there is nothing to do, AWS says only its general sentence."""
    prepare(aws)
    assert failure(aws, app_spec("1", "1")) == ("INVALID_LAMBDA_CONFIGURATION", INVALID)


@pytest.mark.parametrize(
    "content",
    [
        "no mapping",
        "{",
        "[]",
        json.dumps({"version": 0.0, "Resources": []}),
        json.dumps({"version": 0.0, "Resources": [{"orders": {"Properties": {}}}]}),
        app_spec("$LATEST", "2"),
        app_spec("1", "0"),
        app_spec("1", "2", Alias=""),
        app_spec("1", "2", hooks={"AfterInstall": "CodeDeployHook_x"}),
    ],
)
def test_a_malformed_appspec_fails(aws: LocalAws, content: str) -> None:
    """An AppSpec that says no Lambda deployment fails with the general sentence and no target."""
    prepare(aws)
    assert failure(aws, content) == ("INVALID_LAMBDA_CONFIGURATION", INVALID)
    client = aws.client("codedeploy")
    (id_,) = client.list_deployments()["deployments"]
    assert client.list_deployment_targets(deploymentId=id_)["targetIds"] == []


def test_an_appspec_may_be_yaml_in_lower_case(aws: LocalAws) -> None:
    """Both spellings of AWS's examples work, and versions may be numbers."""
    prepare(aws)
    content = """
version: 0.0
resources:
  - orders:
      type: AWS::Lambda::Function
      properties:
        name: orders
        alias: live
        currentversion: 1
        targetversion: 2
"""
    id_ = deploy(aws, content=content)
    aws.clock.advance(400)
    assert described(aws, id_)["status"] == "Succeeded"
    assert alias(aws) == ("2", {})


@pytest.mark.parametrize(
    "content",
    [
        app_spec("1", "2", Name="nobody"),
        app_spec("1", "2", Alias="other"),
        app_spec("1", "99"),
    ],
)
def test_function_alias_and_target_must_exist(aws: LocalAws, content: str) -> None:
    """A missing function, alias or target version is an INVALID_LAMBDA_FUNCTION."""
    prepare(aws)
    assert failure(aws, content)[0] == "INVALID_LAMBDA_FUNCTION"


def test_versions_that_lambda_does_not_pair_fail(aws: LocalAws) -> None:
    """A version with another role cannot share an alias, so its canary fails before it begins."""
    prepare(aws)
    client = aws.client("lambda")
    client.update_function_configuration(FunctionName="orders", Role=role(aws, "other", "lambda"))
    aws.clock.advance(30)
    assert client.publish_version(FunctionName="orders")["Version"] == "3"
    id_ = deploy(aws, "1", "3")
    aws.clock.advance(10)
    info = described(aws, id_)
    assert info["errorInformation"]["code"] == "INVALID_LAMBDA_CONFIGURATION"
    assert "must have the same execution role" in info["errorInformation"]["message"]
    assert lifecycle(aws, id_) == ["Succeeded", "Failed", "Skipped"]
    assert alias(aws) == ("1", {})


def test_the_service_role_must_still_exist(aws: LocalAws) -> None:
    """A role that was deleted since fails the deployment."""
    prepare(aws)
    aws.client("iam").delete_role_policy(RoleName="deployer", PolicyName="rights")
    aws.client("iam").delete_role(RoleName="deployer")
    assert failure(aws, app_spec("1", "2"))[0] == "IAM_ROLE_MISSING"


def test_a_failed_check_is_rolled_back_like_any_failure(aws: LocalAws) -> None:
    """The rollback restores the last good revision, though this deployment moved nothing."""
    prepare(aws, versions=3)
    deploy(aws)
    aws.clock.advance(400)
    move_alias(aws, "3")
    id_ = deploy(aws, "1", "3")
    aws.clock.advance(20)
    assert described(aws, rollback_of(aws, id_))["status"] == "Succeeded"
    assert alias(aws) == ("2", {})


@pytest.mark.parametrize(
    ("version", "weights"), [("3", {}), ("2", {}), ("1", {}), ("1", {"2": 0.5}), ("1", {"3": 0.1})]
)
def test_an_alias_moved_by_someone_else_fails_the_deployment(
    aws: LocalAws, version: str, weights: dict[str, float]
) -> None:
    """At its next shift the deployment finds the alias elsewhere, fails, and leaves it there."""
    prepare(aws, versions=3)
    id_ = deploy(aws, **NO_ROLLBACK)
    aws.clock.advance(60)
    move_alias(aws, version, weights)
    aws.clock.advance(400)
    assert alias(aws) == (version, weights)
    assert described(aws, id_)["errorInformation"] == {
        "code": "INVALID_LAMBDA_CONFIGURATION",
        "message": MISMATCH,
    }


def test_deleting_the_group_fails_its_deployment(aws: LocalAws) -> None:
    """A deployment whose group is deleted ends, and the alias stays as it was."""
    prepare(aws)
    id_ = deploy(aws)
    aws.clock.advance(60)
    aws.client("codedeploy").delete_deployment_group(**GROUP)
    info = described(aws, id_)
    assert info["errorInformation"]["code"] == "DEPLOYMENT_GROUP_MISSING"
    aws.clock.advance(400)
    assert alias(aws) == ("1", {"2": 0.1})


# -- refused at once -------------------------------------------------------------------------------


def test_a_group_has_one_active_deployment(aws: LocalAws) -> None:
    """The second is refused in AWS's words, also while a rollback runs."""
    prepare(aws)
    id_ = deploy(aws)
    with pytest.raises(ClientError) as raised:
        deploy(aws)
    assert code_of(raised) == "DeploymentLimitExceededException"
    assert raised.value.response["Error"]["Message"] == (
        f"The Deployment Group 'orders-live' already has an active Deployment '{id_}'"
    )
    aws.clock.advance(60)
    aws.client("codedeploy").stop_deployment(deploymentId=id_)
    with pytest.raises(ClientError, match=rollback_of(aws, id_)):
        deploy(aws)


REVISION = {"revisionType": "AppSpecContent", "appSpecContent": {"content": app_spec("1", "2")}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"applicationName": "other"}, "ApplicationDoesNotExistException"),
        ({"deploymentGroupName": "other"}, "DeploymentGroupDoesNotExistException"),
        ({"deploymentConfigName": "other"}, "DeploymentConfigDoesNotExistException"),
        (
            {"deploymentConfigName": "CodeDeployDefault.OneAtATime"},
            "InvalidDeploymentConfigNameException",
        ),
        ({"revision": {}}, "RevisionRequiredException"),
        (
            {"revision": {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k"}}},
            "InvalidRevisionException",
        ),
        ({"revision": {"revisionType": "AppSpecContent"}}, "InvalidRevisionException"),
        (
            {"revision": {"revisionType": "String", "string": {"content": "x", "sha256": "0"}}},
            "InvalidRevisionException",
        ),
        ({"description": "x" * 257}, "DescriptionTooLongException"),
        ({"fileExistsBehavior": "OVERWRITE"}, "InvalidFileExistsBehaviorException"),
        (
            {"ignoreApplicationStopFailures": True},
            "InvalidIgnoreApplicationStopFailuresValueException",
        ),
        ({"overrideAlarmConfiguration": {"enabled": True}}, "InvalidAlarmConfigException"),
        ({"autoRollbackConfiguration": {"enabled": True}}, "InvalidAutoRollbackConfigException"),
    ],
)
def test_create_deployment_refuses(aws: LocalAws, change: dict[str, Any], code: str) -> None:
    """Names, revision and configurations are checked before an id is given."""
    prepare(aws)
    client = aws.client("codedeploy")
    with pytest.raises(ClientError) as raised:
        client.create_deployment(**{**GROUP, "revision": REVISION, **change})
    assert code_of(raised) == code
    assert client.list_deployments()["deployments"] == []


def test_unknown_deployments_are_told_from_malformed_ids(aws: LocalAws) -> None:
    """An id of the right form does not exist; another form is invalid."""
    for id_, code in (
        ("d-AAAAAAAAA", "DeploymentDoesNotExistException"),
        ("7f1d", "InvalidDeploymentIdException"),
    ):
        with pytest.raises(ClientError) as raised:
            described(aws, id_)
        assert code_of(raised) == code
