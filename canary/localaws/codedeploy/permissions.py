"""What a deployment group's service role lets CodeDeploy do."""

from __future__ import annotations

from canary.localaws import iam
from canary.localaws.account import ACCOUNT
from canary.localaws.codedeploy.exceptions import DeploymentFailedError
from canary.localaws.iam.resources import function

SERVICE = "codedeploy.amazonaws.com"
_NAMES = {"cloudwatch": "AmazonCloudWatch", "lambda": "AWSLambda"}


def can_assume(role: str) -> bool:
    """Whether the role exists and lets CodeDeploy act as it."""
    return iam.may(SERVICE, "sts:AssumeRole", role, {"aws:sourceaccount": (ACCOUNT,)})


def require(role: str, action: str, resource: str) -> None:
    """A DeploymentFailedError, where the role may not."""
    if not (can_assume(role) and iam.may(role, action, resource)):
        raise DeploymentFailedError(
            "IAM_ROLE_PERMISSIONS",
            f"The IAM role {role} does not give you permission to perform operations in the "
            f"following AWS service: {_NAMES[action.partition(':')[0]]}. Contact your AWS "
            "administrator if you need help. If you are an AWS administrator, you can grant "
            "permissions to your users or groups by creating IAM policies.",
        )


def function_arn(name: str) -> str:
    """The ARN of a function, by any of its names."""
    return function({"FunctionName": name})[0]
