"""Words that the tests of CodeDeploy share: a function behind an alias, and its deployments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.packages import run_here, zipped

CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
ALL_ROLLBACKS = {
    "enabled": True,
    "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
}
STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
GROUP = {"applicationName": "shop", "deploymentGroupName": "orders-live"}

_HOOK = """
import boto3
def handler(event, context):
    if {status!r}:
        boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status={status!r},
        )
"""


def role(aws: LocalAws, name: str, service: str) -> str:
    """The ARN of a role that a service may assume."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    made = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
    return str(made["Role"]["Arn"])


def package(code: str) -> bytes:
    """A deployment package of one module."""
    return zipped({"app.py": code})


def create_function(aws: LocalAws, name: str, code: str, role_arn: str) -> None:
    """A function, ready to be changed."""
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role_arn,
        Handler="app.handler",
        Code={"ZipFile": package(code)},
    )
    aws.clock.advance(30)


def publish(aws: LocalAws, number: int) -> None:
    """Publish the next version of the function."""
    client = aws.client("lambda")
    client.update_function_code(
        FunctionName="orders", ZipFile=package(f"def handler(event, context): return {number}")
    )
    aws.clock.advance(30)
    assert client.publish_version(FunctionName="orders")["Version"] == str(number)
    aws.clock.advance(30)


def prepare(aws: LocalAws, versions: int = 2, **settings: Any) -> None:
    """A function with versions, an alias `live` on the first of them, and a deployment group."""
    create_function(aws, "orders", "", role(aws, "function", "lambda"))
    for number in range(1, versions + 1):
        publish(aws, number)
    aws.client("lambda").create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    client = aws.client("codedeploy")
    client.create_application(applicationName="shop", computePlatform="Lambda")
    request = {
        "serviceRoleArn": role(aws, "deployer", "codedeploy"),
        "deploymentConfigName": CANARY,
        "deploymentStyle": STYLE,
        "autoRollbackConfiguration": ALL_ROLLBACKS,
    }
    client.create_deployment_group(**GROUP, **request | settings)


def hook(aws: LocalAws, name: str, status: str | None) -> None:
    """A hook function that reports this status, or nothing."""
    code = _HOOK.format(status=status)
    aws.client("iam").get_role(RoleName="function")
    create_function(aws, name, code, "arn:aws:iam::123456789012:role/function")
    run_here(aws, package(code))


def app_spec(current: str, target: str, **other: Any) -> str:
    """An AppSpec for the alias; `hooks` maps lifecycle events to functions."""
    hooks = other.pop("hooks", {})
    properties = {
        "Name": "orders",
        "Alias": "live",
        "CurrentVersion": current,
        "TargetVersion": target,
    }
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties | other}
    listed = [{event: function} for event, function in hooks.items()]
    return json.dumps({"version": 0.0, "Resources": [{"orders": resource}], "Hooks": listed})


def deploy(
    aws: LocalAws, current: str = "1", target: str = "2", content: str = "", **request: Any
) -> str:
    """The id of a new deployment."""
    revision = {
        "revisionType": "AppSpecContent",
        "appSpecContent": {"content": content or app_spec(current, target)},
    }
    made = aws.client("codedeploy").create_deployment(**GROUP, revision=revision, **request)
    return str(made["deploymentId"])


def described(aws: LocalAws, deployment_id: str) -> dict[str, Any]:
    """What GetDeployment says."""
    found: dict[str, Any] = aws.client("codedeploy").get_deployment(deploymentId=deployment_id)
    info: dict[str, Any] = found["deploymentInfo"]
    return info


def target(aws: LocalAws, deployment_id: str) -> dict[str, Any]:
    """The deployment's one target."""
    client = aws.client("codedeploy")
    ids = client.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
    found = client.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=ids)
    shown: dict[str, Any] = found["deploymentTargets"][0]["lambdaTarget"]
    return shown


def lifecycle(aws: LocalAws, deployment_id: str) -> list[str]:
    """The statuses of the deployment's lifecycle events, in order."""
    return [event["status"] for event in target(aws, deployment_id)["lifecycleEvents"]]


def alias(aws: LocalAws) -> tuple[str, dict[str, float]]:
    """Where the alias points: its version and its weights."""
    found = aws.client("lambda").get_alias(FunctionName="orders", Name="live")
    return found["FunctionVersion"], found.get("RoutingConfig", {}).get(
        "AdditionalVersionWeights", {}
    )


def move_alias(aws: LocalAws, version: str, weights: dict[str, float] | None = None) -> None:
    """Point the alias elsewhere, past CodeDeploy."""
    aws.client("lambda").update_alias(
        FunctionName="orders",
        Name="live",
        FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": weights or {}},
    )


def rollback_of(aws: LocalAws, deployment_id: str) -> str:
    """The id of the deployment that rolled this one back."""
    return str(described(aws, deployment_id)["rollbackInfo"]["rollbackDeploymentId"])


def put_alarm(aws: LocalAws, name: str = "errors") -> None:
    """An alarm that nothing but a test changes."""
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )


def sound(aws: LocalAws, name: str = "errors", state: str = "ALARM") -> None:
    """Put the alarm into a state."""
    aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def alarms(*names: str, **more: Any) -> dict[str, Any]:
    """An alarm configuration."""
    return {"enabled": True, "alarms": [{"name": name} for name in names], **more}


def code_of(raised: pytest.ExceptionInfo[ClientError]) -> str:
    """The error's code."""
    return str(raised.value.response["Error"]["Code"])
