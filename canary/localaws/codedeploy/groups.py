"""Deployment groups, and what may be said in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from canary.localaws.codedeploy import permissions
from canary.localaws.codedeploy.exceptions import CodeDeployException

STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
MOST_ALARMS = 10
LONGEST_DESCRIPTION = 256
ROLLBACK_ON_FAILURE = "DEPLOYMENT_FAILURE"
ROLLBACK_ON_ALARM = "DEPLOYMENT_STOP_ON_ALARM"
ROLLBACK_ON_REQUEST = "DEPLOYMENT_STOP_ON_REQUEST"

_ROLLBACK_EVENTS = (ROLLBACK_ON_FAILURE, ROLLBACK_ON_ALARM, ROLLBACK_ON_REQUEST)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")
# What a deployment to Lambda cannot have, with the error that refuses it.
_FOREIGN_TO_DEPLOYMENTS = {
    "fileExistsBehavior": "InvalidFileExistsBehaviorException",
    "ignoreApplicationStopFailures": "InvalidIgnoreApplicationStopFailuresValueException",
    "updateOutdatedInstancesOnly": "InvalidUpdateOutdatedInstancesOnlyValueException",
    "targetInstances": "InvalidTargetInstancesException",
    "ec2DeploymentOptions": "InvalidInputException",
}
# What a Lambda deployment group cannot have, with the error that refuses it.
_FOREIGN = {
    "ec2TagFilters": "InvalidEC2TagException",
    "ec2TagSet": "InvalidEC2TagException",
    "onPremisesInstanceTagFilters": "InvalidTagException",
    "onPremisesTagSet": "InvalidTagException",
    "autoScalingGroups": "InvalidAutoScalingGroupException",
    "loadBalancerInfo": "InvalidLoadBalancerInfoException",
    "blueGreenDeploymentConfiguration": "InvalidBlueGreenDeploymentConfigurationException",
    "ecsServices": "InvalidECSServiceException",
    "ec2DeploymentOptions": "InvalidInputException",
    "terminationHookEnabled": "InvalidInputException",
    "triggerConfigurations": "InvalidTriggerConfigException",
}


@dataclass
class DeploymentGroup:
    """Settings for the deployments of one alias; members are named as in the API."""

    id: str
    application: str
    name: str
    config: str
    role: str
    style: Mapping[str, str]
    alarms: Mapping[str, Any] = field(default_factory=dict)
    rollback: Mapping[str, Any] = field(default_factory=dict)
    outdated_instances_strategy: str | None = None  # kept; it means nothing for Lambda

    def change(self, settings: Mapping[str, Any]) -> None:
        """Take over what the request says of these members; it has been checked."""
        self.config = settings.get("deploymentConfigName") or self.config
        self.role = settings.get("serviceRoleArn") or self.role
        self.alarms = settings.get("alarmConfiguration", self.alarms)
        self.rollback = settings.get("autoRollbackConfiguration", self.rollback)
        self.outdated_instances_strategy = settings.get(
            "outdatedInstancesStrategy", self.outdated_instances_strategy
        )


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse settings that a Lambda deployment group cannot have; absent ones are not looked at."""
    _refuse_foreign(settings, _FOREIGN, "Lambda deployment group")
    _check_members(
        settings,
        {
            "deploymentStyle": _check_style,
            "serviceRoleArn": _check_role,
            "alarmConfiguration": check_alarms,
            "autoRollbackConfiguration": check_rollback,
        },
    )


def check_request(settings: Mapping[str, Any]) -> None:
    """Refuse what a deployment to Lambda cannot be asked for."""
    _refuse_foreign(settings, _FOREIGN_TO_DEPLOYMENTS, "Lambda and ECS deployment")
    if len(settings.get("description") or "") > LONGEST_DESCRIPTION:
        raise CodeDeployException(
            "DescriptionTooLongException",
            f"The description is longer than {LONGEST_DESCRIPTION} characters.",
        )
    _check_members(
        settings,
        {
            "overrideAlarmConfiguration": check_alarms,
            "autoRollbackConfiguration": check_rollback,
        },
    )


def _refuse_foreign(settings: Mapping[str, Any], foreign: Mapping[str, str], purpose: str) -> None:
    for member, code in foreign.items():
        if settings.get(member):
            raise CodeDeployException(code, f"For {purpose}, {member} can not be specified")


def _check_members(
    settings: Mapping[str, Any], checks: Mapping[str, Callable[[Any], None]]
) -> None:
    """Look at those members that the request has."""
    for member, check in checks.items():
        if member in settings:
            check(settings[member])


def check_alarms(configuration: Mapping[str, Any]) -> None:
    """Refuse an alarm configuration as AWS does."""
    names = [alarm.get("name") for alarm in configuration.get("alarms") or []]
    if len(names) > MOST_ALARMS:
        raise CodeDeployException(
            "AlarmsLimitExceededException",
            f"The maximum number of alarms for a deployment group ({MOST_ALARMS}) was exceeded.",
        )
    problems = {
        "The alarm list is empty.": configuration.get("enabled") and not names,
        "An alarm name is empty or too long.": not all(n and len(n) <= 255 for n in names),
        "The alarm list has duplicates.": len(set(names)) < len(names),
    }
    for message, is_so in problems.items():
        if is_so:
            raise CodeDeployException("InvalidAlarmConfigException", message)


def check_rollback(configuration: Mapping[str, Any]) -> None:
    """Refuse an automatic rollback without events, or with unknown ones."""
    events = configuration.get("events") or []
    if configuration.get("enabled") and not events:
        raise CodeDeployException(
            "InvalidAutoRollbackConfigException",
            "Automatic rollback is enabled, but no event that triggers it is listed.",
        )
    if not set(events) <= set(_ROLLBACK_EVENTS):
        raise CodeDeployException(
            "InvalidAutoRollbackConfigException", f"Invalid events in {', '.join(events)}."
        )


def _check_style(style: Mapping[str, str]) -> None:
    if style != STYLE:
        raise CodeDeployException(
            "InvalidDeploymentStyleException",
            "For Lambda deployment group, the deployment type must be BLUE_GREEN and the "
            "deployment option WITH_TRAFFIC_CONTROL",
        )


def _check_role(arn: str) -> None:
    if not arn:
        raise CodeDeployException("RoleRequiredException", "The role ARN was not specified.")
    if not _ROLE.fullmatch(arn):
        raise CodeDeployException("InvalidRoleException", f"{arn} is not the ARN of a role.")
    if not permissions.can_assume(arn):
        raise CodeDeployException(
            "InvalidRoleException",
            f"AWS CodeDeploy does not have the permissions required to assume the role {arn}.",
        )
