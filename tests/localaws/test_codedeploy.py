"""Deployments that nothing disturbs: how traffic moves, and what the API tells of it."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.deployments import (
    CANARY,
    GROUP,
    STYLE,
    alias,
    app_spec,
    code_of,
    deploy,
    described,
    lifecycle,
    prepare,
    publish,
    target,
)
from tests.localaws.roles import open_queue


def test_a_canary_shifts_a_tenth_and_five_minutes_later_all(aws: LocalAws) -> None:
    """The alias stays on the old version, a tenth to the new one, until it moves as a whole."""
    prepare(aws)
    id_ = deploy(aws)
    aws.clock.advance(2.4)
    assert alias(aws) == ("1", {})
    aws.clock.advance(0.2)
    assert alias(aws) == ("1", {"2": 0.1})
    assert target(aws, id_)["lambdaFunctionInfo"]["targetVersionWeight"] == 0.1
    assert lifecycle(aws, id_) == ["Succeeded", "InProgress", "Pending"]
    aws.clock.advance(299.8)
    assert alias(aws) == ("1", {"2": 0.1})
    aws.clock.advance(0.2)
    assert alias(aws) == ("2", {})
    assert described(aws, id_)["status"] == "InProgress"
    aws.clock.advance(3)
    assert described(aws, id_)["status"] == "Succeeded"


def test_a_canary_of_five_minutes_takes_five_minutes_and_five_seconds(aws: LocalAws) -> None:
    """Start to end is the interval and five seconds."""
    prepare(aws)
    id_ = deploy(aws)
    aws.clock.advance(400)
    info = described(aws, id_)
    assert info["completeTime"] - info["startTime"] == timedelta(minutes=5, seconds=5)
    assert info["startTime"] > info["createTime"]


def test_linear_shifts_a_tenth_each_minute(aws: LocalAws) -> None:
    """The new version's weight grows by a tenth each minute, up to the whole."""
    prepare(aws)
    id_ = deploy(aws, deploymentConfigName="CodeDeployDefault.LambdaLinear10PercentEvery1Minute")
    aws.clock.advance(3)
    seen = []
    for _ in range(10):
        seen.append(alias(aws))
        aws.clock.advance(60)
    assert seen == [("1", {"2": tenths / 10}) for tenths in range(1, 10)] + [("2", {})]
    info = described(aws, id_)
    assert info["completeTime"] - info["startTime"] == timedelta(minutes=9, seconds=5)


def test_all_at_once_never_splits_the_alias(aws: LocalAws) -> None:
    """The alias moves once, as a whole, and the deployment is over seconds later."""
    prepare(aws)
    id_ = deploy(aws, deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce")
    seen = set()
    for _ in range(60):
        seen.add(str(alias(aws)))
        aws.clock.advance(0.1)
    assert seen == {str(("1", {})), str(("2", {}))}
    assert described(aws, id_)["status"] == "Succeeded"


def test_a_custom_configuration_is_followed(aws: LocalAws) -> None:
    """A custom linear configuration ends with what is left to the whole."""
    prepare(aws)
    aws.client("codedeploy").create_deployment_config(
        deploymentConfigName="Thirds",
        computePlatform="Lambda",
        trafficRoutingConfig={
            "type": "TimeBasedLinear",
            "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 2},
        },
    )
    deploy(aws, deploymentConfigName="Thirds")
    seen = []
    for _ in range(3):
        aws.clock.advance(3)
        seen.append(alias(aws))
        aws.clock.advance(117)
    assert seen == [("1", {"2": 0.4}), ("1", {"2": 0.8}), ("2", {})]


def test_what_get_deployment_tells(aws: LocalAws) -> None:
    """Names, creator, revision by its hash only, and the count of its one target."""
    prepare(aws)
    id_ = deploy(aws, description="release-1")
    assert id_.startswith("d-")
    assert len(id_) == 11
    created = described(aws, id_)
    assert created["status"] == "Created"
    assert created["deploymentOverview"]["Pending"] == 1
    aws.clock.advance(400)
    info = described(aws, id_)
    assert (info["applicationName"], info["deploymentGroupName"]) == ("shop", "orders-live")
    assert (info["creator"], info["computePlatform"]) == ("user", "Lambda")
    assert (info["deploymentConfigName"], info["description"]) == (CANARY, "release-1")
    assert info["deploymentOverview"]["Succeeded"] == 1
    assert info["deploymentStyle"] == STYLE
    assert list(info["revision"]["appSpecContent"]) == ["sha256"]
    assert "errorInformation" not in info
    assert "rollbackInfo" not in info


def test_the_content_of_a_revision_is_fetched_by_its_hash(aws: LocalAws) -> None:
    """GetApplicationRevision gives the AppSpec of a deployment, and where it was used."""
    prepare(aws)
    id_ = deploy(aws)
    client = aws.client("codedeploy")
    found = client.get_application_revision(
        applicationName="shop", revision=described(aws, id_)["revision"]
    )
    assert found["revision"]["appSpecContent"]["content"] == app_spec("1", "2")
    assert found["revisionInfo"]["deploymentGroups"] == ["orders-live"]
    with pytest.raises(ClientError) as raised:
        client.get_application_revision(
            applicationName="shop",
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "0" * 64}},
        )
    assert code_of(raised) == "RevisionDoesNotExistException"


def test_a_registered_revision_can_be_deployed_by_its_hash(aws: LocalAws) -> None:
    """What RegisterApplicationRevision stored needs no content in CreateDeployment."""
    prepare(aws)
    client = aws.client("codedeploy")
    revision = {"revisionType": "String", "string": {"content": app_spec("1", "2")}}
    client.register_application_revision(
        applicationName="shop", revision=revision, description="first"
    )
    found = client.get_application_revision(applicationName="shop", revision=revision)
    assert found["revisionInfo"]["description"] == "first"
    sha256 = found["revision"]["string"]["sha256"]
    id_ = client.create_deployment(
        **GROUP, revision={"revisionType": "String", "string": {"sha256": sha256}}
    )["deploymentId"]
    aws.clock.advance(400)
    assert described(aws, id_)["status"] == "Succeeded"
    assert alias(aws) == ("2", {})


def test_targets_exist_once_the_deployment_has_started(aws: LocalAws) -> None:
    """Before the start there is a DeploymentNotStartedException; after it, one Lambda target."""
    prepare(aws)
    id_ = deploy(aws)
    client = aws.client("codedeploy")
    with pytest.raises(ClientError) as raised:
        client.list_deployment_targets(deploymentId=id_)
    assert code_of(raised) == "DeploymentNotStartedException"
    aws.clock.advance(400)
    shown = target(aws, id_)
    assert shown["status"] == "Succeeded"
    assert shown["lambdaFunctionInfo"] == {
        "functionName": "orders",
        "functionAlias": "live",
        "currentVersion": "1",
        "targetVersion": "2",
        "targetVersionWeight": 1.0,
    }
    one = client.get_deployment_target(deploymentId=id_, targetId=shown["targetId"])
    assert one["deploymentTarget"]["lambdaTarget"] == shown
    for ids in ([], [shown["targetId"]] * 2):
        with pytest.raises(ClientError) as raised:
            client.batch_get_deployment_targets(deploymentId=id_, targetIds=ids)
        assert code_of(raised) == "DeploymentTargetListSizeExceededException"
    with pytest.raises(ClientError) as raised:
        client.get_deployment_target(deploymentId=id_, targetId="other")
    assert code_of(raised) == "DeploymentTargetDoesNotExistException"


def test_deployments_are_listed_by_group_status_and_time(aws: LocalAws) -> None:
    """ListDeployments gives the newest first and filters; it wants both names or neither."""
    prepare(aws, versions=3)
    first = deploy(aws)
    aws.clock.advance(400)
    between = aws.clock.datetime()
    aws.clock.advance(1)
    second = deploy(aws, "2", "3")
    client = aws.client("codedeploy")
    assert client.list_deployments(**GROUP)["deployments"] == [second, first]
    assert client.list_deployments()["deployments"] == [second, first]
    listed = client.list_deployments(**GROUP, includeOnlyStatuses=["Created", "InProgress"])
    assert listed["deployments"] == [second]
    listed = client.list_deployments(**GROUP, createTimeRange={"start": between})
    assert listed["deployments"] == [second]
    listed = client.list_deployments(**GROUP, createTimeRange={"end": between})
    assert listed["deployments"] == [first]
    with pytest.raises(ClientError) as raised:
        client.list_deployments(applicationName="shop")
    assert code_of(raised) == "DeploymentGroupNameRequiredException"
    with pytest.raises(ClientError) as raised:
        client.list_deployments(deploymentGroupName="orders-live")
    assert code_of(raised) == "ApplicationNameRequiredException"
    with pytest.raises(ClientError) as raised:
        client.list_deployments(applicationName="shop", deploymentGroupName="other")
    assert code_of(raised) == "DeploymentGroupDoesNotExistException"
    found = client.batch_get_deployments(deploymentIds=[first, second, "d-000000000"])
    assert [info["deploymentId"] for info in found["deploymentsInfo"]] == [first, second]


def test_deployments_are_listed_in_pages(aws: LocalAws) -> None:
    """More deployments than one page holds are found through the paginator."""
    prepare(aws)
    client = aws.client("codedeploy")
    made = []
    for _ in range(101):
        made.append(deploy(aws))
        client.stop_deployment(deploymentId=made[-1], autoRollbackEnabled=False)
    assert len(client.list_deployments(**GROUP)["deployments"]) == 100
    pages = client.get_paginator("list_deployments").paginate(**GROUP)
    assert [id_ for page in pages for id_ in page["deployments"]] == made[::-1]


def test_start_and_success_are_announced(aws: LocalAws) -> None:
    """EventBridge carries START and SUCCESS with the names and the ARN of the group."""
    prepare(aws)
    announced = open_queue(aws, "announced")
    events = aws.client("events")
    arn = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:shop/orders-live"
    pattern = {
        "source": ["aws.codedeploy"],
        "detail-type": ["CodeDeploy Deployment State-change Notification"],
        "resources": [arn],
        "detail": {"application": ["shop"], "deploymentGroup": ["orders-live"]},
    }
    events.put_rule(Name="deployments", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule="deployments",
        Targets=[
            {
                "Id": "1",
                "Arn": announced,
                "InputPath": "$.detail.state",
            }
        ],
    )
    deploy(aws)
    aws.clock.advance(400)
    url = aws.client("sqs").get_queue_url(QueueName="announced")["QueueUrl"]
    got = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in got] == ['"START"', '"SUCCESS"']


def test_equal_runs_are_equal() -> None:
    """The same seed gives the same ids and times."""
    seen = []
    for _ in range(2):
        with LocalAws() as aws:
            prepare(aws)
            id_ = deploy(aws)
            aws.clock.advance(400)
            seen.append((described(aws, id_), target(aws, id_)))
            for info in seen[-1]:
                info.pop("ResponseMetadata", None)
    assert seen[0] == seen[1]


def test_the_group_knows_its_last_deployments(aws: LocalAws) -> None:
    """GetDeploymentGroup names the last attempt and the last success."""
    prepare(aws, versions=3)
    first = deploy(aws)
    aws.clock.advance(400)
    second = deploy(aws, "2", "3")
    publish(aws, 4)
    info = aws.client("codedeploy").get_deployment_group(**GROUP)["deploymentGroupInfo"]
    assert info["lastSuccessfulDeployment"]["deploymentId"] == first
    assert info["lastAttemptedDeployment"]["deploymentId"] == second
