"""CodeDeploy: the group, its deployments, and what a deployment did."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from release.aws import failures
from release.aws.clients import client

ACTIVE = ["Created", "Queued", "InProgress", "Ready", "Baking"]
_UNKNOWN = {
    "DeploymentDoesNotExistException",
    "ApplicationDoesNotExistException",
    "DeploymentGroupDoesNotExistException",
    "DeploymentConfigDoesNotExistException",
}


class Group(msgspec.Struct, frozen=True, rename="camel"):
    """What a deployment group says about alarms."""

    compute_platform: str
    alarms_enabled: bool
    alarms: list[str]


class Deployment(msgspec.Struct, frozen=True, rename="camel"):
    """A deployment as CodeDeploy tells it. Times are seconds since the epoch."""

    id: str
    status: str
    created_at: int
    completed_at: int | None
    error: str
    rollback_id: str | None

    @property
    def is_over(self) -> bool:
        """Unknown statuses count as still running."""
        return self.status in {"Succeeded", "Failed", "Stopped"}

    @property
    def is_given_up(self) -> bool:
        """Whether CodeDeploy itself ended it; a stop that was asked for is MANUAL_STOP."""
        if self.status == "Failed" or self.rollback_id:
            return True
        return self.status == "Stopped" and self.error.split(":")[0] not in {"", "MANUAL_STOP"}


class ActiveDeploymentError(Exception):
    """The group has an active deployment; the message is CodeDeploy's and names it."""


def get_group(application: str, group: str) -> Group | None:
    """The deployment group, or None where group or application do not exist."""
    try:
        found = client("codedeploy").get_deployment_group(
            applicationName=application, deploymentGroupName=group
        )["deploymentGroupInfo"]
    except ClientError as error:
        if failures.code(error) in _UNKNOWN:
            return None
        raise
    alarms = found.get("alarmConfiguration") or {}
    return Group(
        compute_platform=found.get("computePlatform", ""),
        alarms_enabled=bool(alarms.get("enabled")),
        alarms=[alarm["name"] for alarm in alarms.get("alarms", [])],
    )


def shifting_minutes(config: str) -> int | None:
    """Minutes until all traffic has shifted; None where no config for Lambda has that name."""
    try:
        found = client("codedeploy").get_deployment_config(deploymentConfigName=config)
    except ClientError as error:
        if failures.code(error) in _UNKNOWN:
            return None
        raise
    info = found["deploymentConfigInfo"]
    if info.get("computePlatform") != "Lambda":
        return None
    routing = info["trafficRoutingConfig"]
    if routing["type"] == "TimeBasedCanary":
        return int(routing["timeBasedCanary"]["canaryInterval"])
    if routing["type"] == "TimeBasedLinear":
        linear = routing["timeBasedLinear"]
        shifts = -(-100 // linear["linearPercentage"])
        return int(linear["linearInterval"] * (shifts - 1))
    return 0


def active_deployments(application: str, group: str) -> list[str]:
    """Ids of the group's deployments that are not over; AWS allows one."""
    pages = (
        client("codedeploy")
        .get_paginator("list_deployments")
        .paginate(
            applicationName=application, deploymentGroupName=group, includeOnlyStatuses=ACTIVE
        )
    )
    try:
        return [each for page in pages for each in page["deployments"]]
    except ClientError as error:
        if failures.code(error) in _UNKNOWN:
            return []
        raise


def find_deployment(
    application: str, group: str, description: str, since: int
) -> Deployment | None:
    """The group's deployment with this description, created since that time (epoch seconds)."""
    pages = (
        client("codedeploy")
        .get_paginator("list_deployments")
        .paginate(
            applicationName=application,
            deploymentGroupName=group,
            createTimeRange={"start": datetime.fromtimestamp(since, UTC)},
        )
    )
    try:
        ids = [each for page in pages for each in page["deployments"]]
    except ClientError as error:
        if failures.code(error) in _UNKNOWN:
            return None
        raise
    for first in range(0, len(ids), 25):
        found = client("codedeploy").batch_get_deployments(deploymentIds=ids[first : first + 25])
        for info in found["deploymentsInfo"]:
            if info.get("description") == description:
                return _deployment(info)
    return None


def get_deployment(deployment_id: str) -> Deployment:
    """One deployment."""
    found = client("codedeploy").get_deployment(deploymentId=deployment_id)
    return _deployment(found["deploymentInfo"])


def create_deployment(
    application: str,
    group: str,
    config: str,
    description: str,
    app_spec: dict[str, Any],
    override_alarms: list[str] | None = None,
) -> str:
    """
    Start shifting traffic; returns the deployment's id. ActiveDeploymentError if one is active.

    CodeDeploy rolls back by itself on failure and on alarm, never on a stop by request: whoever
    stops a deployment writes the alias. `override_alarms` are polled in place of the group's; to
    name them AWS asks for the right to UpdateDeploymentGroup.
    """
    content = json.dumps(app_spec)
    override: dict[str, Any] = {}
    if override_alarms is not None:
        alarms = [{"name": name} for name in override_alarms]
        override["overrideAlarmConfiguration"] = {"enabled": bool(alarms), "alarms": alarms}
    try:
        answer = client("codedeploy").create_deployment(
            applicationName=application,
            deploymentGroupName=group,
            deploymentConfigName=config,
            description=description,
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {
                    "content": content,
                    "sha256": hashlib.sha256(content.encode()).hexdigest(),
                },
            },
            autoRollbackConfiguration={
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
            },
            **override,
        )
    except ClientError as error:
        if failures.code(error) == "DeploymentLimitExceededException":
            raise ActiveDeploymentError(failures.message(error)) from error
        raise
    return str(answer["deploymentId"])


def stop_deployment(deployment_id: str) -> None:
    """Stop a deployment without CodeDeploy's own rollback; one that is over or gone is left."""
    try:
        client("codedeploy").stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=False)
    except ClientError as error:
        if failures.code(error) not in {"DeploymentAlreadyCompletedException", *_UNKNOWN}:
            raise


def target_version(deployment_id: str) -> str | None:
    """The version that a deployment moves its alias to; None before it has a target."""
    try:
        targets = client("codedeploy").list_deployment_targets(deploymentId=deployment_id)
        if not targets["targetIds"]:
            return None
        found = client("codedeploy").batch_get_deployment_targets(
            deploymentId=deployment_id, targetIds=targets["targetIds"]
        )
    except ClientError as error:
        if failures.code(error) == "DeploymentNotStartedException":
            return None
        raise
    info = found["deploymentTargets"][0]["lambdaTarget"]["lambdaFunctionInfo"]
    return str(info["targetVersion"])


def _deployment(info: dict[str, Any]) -> Deployment:
    error = info.get("errorInformation") or {}
    completed = info.get("completeTime")
    return Deployment(
        id=info["deploymentId"],
        status=info["status"],
        created_at=int(info["createTime"].timestamp()),
        completed_at=int(completed.timestamp()) if completed else None,
        error=f"{error['code']}: {error['message']}" if error.get("code") else "",
        rollback_id=(info.get("rollbackInfo") or {}).get("rollbackDeploymentId"),
    )
