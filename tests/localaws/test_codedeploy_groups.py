"""Applications and deployment groups."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.deployments import STYLE, alarms, code_of, prepare


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"deploymentStyle": None}, "InvalidDeploymentStyleException"),
        (
            {"deploymentStyle": STYLE | {"deploymentType": "IN_PLACE"}},
            "InvalidDeploymentStyleException",
        ),
        ({"deploymentConfigName": None}, "InvalidDeploymentConfigNameException"),
        ({"serviceRoleArn": "deployer"}, "InvalidRoleException"),
        ({"serviceRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "InvalidRoleException"),
        ({"serviceRoleArn": "arn:aws:iam::123456789012:role/function"}, "InvalidRoleException"),
        ({"alarmConfiguration": alarms()}, "InvalidAlarmConfigException"),
        ({"alarmConfiguration": alarms("a", "a")}, "InvalidAlarmConfigException"),
        ({"alarmConfiguration": alarms("a" * 256)}, "InvalidAlarmConfigException"),
        ({"alarmConfiguration": alarms(*"abcdefghijk")}, "AlarmsLimitExceededException"),
        ({"autoRollbackConfiguration": {"enabled": True}}, "InvalidAutoRollbackConfigException"),
        ({"autoScalingGroups": ["group"]}, "InvalidAutoScalingGroupException"),
        ({"deploymentGroupName": "a b"}, "InvalidDeploymentGroupNameException"),
        ({"deploymentGroupName": "orders-live"}, "DeploymentGroupAlreadyExistsException"),
    ],
)
def test_create_deployment_group_refuses(aws: LocalAws, change: dict[str, Any], code: str) -> None:
    """What a deployment group for Lambda cannot be."""
    prepare(aws)
    request = {
        "applicationName": "shop",
        "deploymentGroupName": "second",
        "serviceRoleArn": "arn:aws:iam::123456789012:role/deployer",
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "deploymentStyle": STYLE,
    } | change
    given = {name: value for name, value in request.items() if value is not None}
    with pytest.raises(ClientError) as raised:
        aws.client("codedeploy").create_deployment_group(**given)
    assert code_of(raised) == code


def test_a_group_can_be_changed_and_renamed(aws: LocalAws) -> None:
    """UpdateDeploymentGroup changes what it names and keeps the rest."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    client = aws.client("codedeploy")
    client.update_deployment_group(
        applicationName="shop",
        currentDeploymentGroupName="orders-live",
        newDeploymentGroupName="orders-next",
        autoRollbackConfiguration={"enabled": False},
    )
    assert client.list_deployment_groups(applicationName="shop")["deploymentGroups"] == [
        "orders-next"
    ]
    info = client.get_deployment_group(applicationName="shop", deploymentGroupName="orders-next")[
        "deploymentGroupInfo"
    ]
    assert info["alarmConfiguration"] == alarms("errors")
    assert info["autoRollbackConfiguration"] == {"enabled": False}
    found = client.batch_get_deployment_groups(
        applicationName="shop", deploymentGroupNames=["orders-next", "orders-live"]
    )
    assert [group["deploymentGroupName"] for group in found["deploymentGroupsInfo"]] == [
        "orders-next"
    ]
    assert "orders-live" in found["errorMessage"]


def test_deleting_an_application_deletes_its_groups(aws: LocalAws) -> None:
    """A deleted application is gone, and may be made again, without groups."""
    prepare(aws)
    client = aws.client("codedeploy")
    client.delete_application(applicationName="shop")
    assert client.list_applications()["applications"] == []
    client.create_application(applicationName="shop", computePlatform="Lambda")
    assert client.list_deployment_groups(applicationName="shop")["deploymentGroups"] == []
    with pytest.raises(ClientError) as raised:
        client.create_application(applicationName="servers", computePlatform="Server")
    assert code_of(raised) == "InvalidComputePlatformException"


def test_tags_of_a_group_are_kept(aws: LocalAws) -> None:
    """Tags given at creation are read back, and changed."""
    prepare(aws, tags=[{"Key": "team", "Value": "orders"}])
    arn = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:shop/orders-live"
    client = aws.client("codedeploy")
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "stage", "Value": "test"}
    ]
