"""A deployed stack and functions to release: what the demo and the stories stand on."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canary.localaws import stack, stepfunctions
from canary.localaws.account import LocalAws
from canary.localaws.awslambda import Traffic

ROOT = Path(__file__).parents[2]
_LOGS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "arn:aws:logs:*:*:log-group:/aws/lambda/*",
        }
    ],
}
_EPOCH = (1980, 1, 1, 0, 0, 0)


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of the given files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in sorted(files.items()):
            package.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return buffer.getvalue()


def archive_of(directory: Path) -> bytes:
    """A zip of a directory's Python files."""
    return archive(
        {
            str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.rglob("*.py"))
        }
    )


class Sandbox:
    """The stack of `template.yaml`, deployed; makes functions to release, and releases."""

    def __init__(self, aws: LocalAws, parameters: Mapping[str, str] | None = None) -> None:
        self.aws = aws
        self.outputs = stack.deploy(aws, ROOT / "template.yaml", "lambda-canary", parameters or {})

    # -- what a team has before its first release --------------------------------------------------

    def add_function(self, name: str, package: bytes, alias: str = "live") -> None:
        """A function with signed code, an alias on version 1, an alarm, and a deployment group."""
        client = self.aws.client("lambda")
        signed = self._sign(self.upload(package, f"incoming/{name}-first.zip"))
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self._function_role(),
            Handler="app.handler",
            Code={"S3Bucket": signed["bucketName"], "S3Key": signed["key"]},
            CodeSigningConfigArn=self.outputs["CodeSigningConfigArn"],
            Tags={"lambda-canary:managed": "true"},
        )
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        version = client.publish_version(FunctionName=name)["Version"]
        client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version)
        client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
        self.add_alarm(f"canary-{name}-errors", name, alias)
        self.add_group(name, alias, [f"canary-{name}-errors"])

    def add_alarm(self, alarm: str, function: str, alias: str = "live") -> None:
        """An alarm on the alias: errors in two of the last three minutes."""
        self.aws.client("cloudwatch").put_metric_alarm(
            AlarmName=alarm,
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[
                {"Name": "FunctionName", "Value": function},
                {"Name": "Resource", "Value": f"{function}:{alias}"},
            ],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=3,
            DatapointsToAlarm=2,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )

    def add_group(self, function: str, alias: str, alarms: list[str]) -> None:
        """The deployment group `<function>-<alias>`."""
        self.aws.client("codedeploy").create_deployment_group(
            applicationName=self.outputs["ApplicationName"],
            deploymentGroupName=f"{function}-{alias}",
            serviceRoleArn=self.outputs["CodeDeployRoleArn"],
            deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes",
            deploymentStyle={
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
            alarmConfiguration={
                "enabled": bool(alarms),
                "alarms": [{"name": name} for name in alarms],
            },
            autoRollbackConfiguration={
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
            },
        )

    def traffic(self, function: str, calls_per_minute: float, alias: str = "live") -> Traffic:
        """Calls through the alias, every third basket with plums; not started yet."""
        baskets = (["apple"], ["apple", "pear"], ["plum", "pear"])
        return Traffic(
            self.aws,
            function,
            alias,
            calls_per_minute,
            payload=lambda number: {"basket": baskets[number % 3]},
        )

    # -- a release ---------------------------------------------------------------------------------

    def upload(self, package: bytes, key: str) -> dict[str, str]:
        """Put a package into the artifact bucket; returns the request's `package`."""
        answer = self.aws.client("s3").put_object(
            Bucket=self.outputs["ArtifactBucket"], Key=key, Body=package
        )
        return {"key": key, "version": answer["VersionId"]}

    def start(self, release: str, request: Mapping[str, Any]) -> str:
        """Start a release as CI does; returns the execution's ARN."""
        answer = self.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["ReleaseStateMachineArn"],
            name=release,
            input=json.dumps(request, ensure_ascii=False),
        )
        return str(answer["executionArn"])

    def describe(self, execution_arn: str) -> dict[str, Any]:
        """DescribeExecution."""
        return dict(self.aws.client("stepfunctions").describe_execution(executionArn=execution_arn))

    def is_over(self, execution_arn: str) -> bool:
        """Whether the execution has ended."""
        return stepfunctions.find_execution(execution_arn).exec_status != "RUNNING"

    def run(self, execution_arn: str, limit: float = 86400) -> dict[str, Any]:
        """Let time pass until the execution has ended; returns its description."""
        self.aws.clock.run(lambda: self.is_over(execution_arn), limit)
        return self.describe(execution_arn)

    def alias(self, function: str, alias: str = "live") -> dict[str, float]:
        """The share of traffic that each version receives through the alias."""
        found = self.aws.client("lambda").get_alias(FunctionName=function, Name=alias)
        others = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return {found["FunctionVersion"]: 1 - sum(others.values()), **others}

    # -- how it is made ----------------------------------------------------------------------------

    def _sign(self, package: Mapping[str, str]) -> dict[str, str]:
        client = self.aws.client("signer")
        bucket = self.outputs["ArtifactBucket"]
        job = client.start_signing_job(
            profileName=self.outputs["SigningProfileName"],
            source={
                "s3": {
                    "bucketName": bucket,
                    "key": package["key"],
                    "version": package["version"],
                }
            },
            destination={"s3": {"bucketName": bucket, "prefix": "signed/first/"}},
            clientRequestToken=package["version"],
        )
        client.get_waiter("successful_signing_job").wait(jobId=job["jobId"])
        found = client.describe_signing_job(jobId=job["jobId"])
        return dict(found["signedObject"]["s3"])

    def _function_role(self) -> str:
        client = self.aws.client("iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        try:
            answer = client.create_role(
                RoleName="released-function", AssumeRolePolicyDocument=json.dumps(trust)
            )
        except client.exceptions.EntityAlreadyExistsException:
            answer = client.get_role(RoleName="released-function")
        client.put_role_policy(
            RoleName="released-function", PolicyName="logs", PolicyDocument=json.dumps(_LOGS)
        )
        return str(answer["Role"]["Arn"])
