"""The alias that a deployment moves, through Lambda's own backend and its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.core.exceptions import JsonRESTError, ServiceException

from canary.localaws import limits
from canary.localaws.account import current
from canary.localaws.codedeploy import permissions
from canary.localaws.codedeploy.exceptions import DeploymentFailedError

AWS_ERRORS = (ServiceException, JsonRESTError)
INVALID_CONFIGURATION = (
    "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment "
    "configuration is missing or has an invalid configuration."
)
VERSION_MISMATCH = (
    "The Lambda function alias version does not match the current version in AppSpec file."
)


def invalid_configuration(detail: str = "") -> DeploymentFailedError:
    """AWS's one sentence for all that an AppSpec can have wrong, and maybe one that says what."""
    message = f"{INVALID_CONFIGURATION} {detail}".strip()
    return DeploymentFailedError("INVALID_LAMBDA_CONFIGURATION", message)


@dataclass(frozen=True)
class Routing:
    """Where an alias sends its traffic."""

    version: str
    weights: dict[str, float] = field(default_factory=dict)


class Alias:
    """
    One alias of one function, read and written as the service role. What Lambda refuses is a
    DeploymentFailedError here.
    """

    def __init__(self, function: str, name: str, role: str) -> None:
        self.function = function
        self.name = name
        self._role = role

    def read(self) -> Routing:
        """Where it sends its traffic now."""
        limits.count("lambda", "GetAlias")
        permissions.require(self._role, "lambda:GetAlias", self._arn)
        try:
            alias = _lambda().get_alias(self.name, self.function)
        except AWS_ERRORS as error:
            raise _failure(error) from error
        weights = (alias.routing_config or {}).get("AdditionalVersionWeights") or {}
        return Routing(str(alias.function_version), dict(weights))

    def write(self, routing: Routing) -> None:
        """Send its traffic elsewhere."""
        limits.count("lambda", "UpdateAlias")
        permissions.require(self._role, "lambda:UpdateAlias", self._arn)
        try:
            _lambda().update_alias(
                name=self.name,
                function_name=self.function,
                function_version=routing.version,
                description=None,
                routing_config={"AdditionalVersionWeights": routing.weights},
            )
        except AWS_ERRORS as error:
            raise _failure(error) from error

    def check_version(self, version: str) -> None:
        """Fail if the function has no such version."""
        limits.count("lambda", "GetFunction")
        try:
            _lambda().get_function(self.function, version)
        except AWS_ERRORS as error:
            raise _failure(error) from error

    @property
    def _arn(self) -> str:
        return permissions.function_arn(self.function)


def _lambda() -> Any:
    return current().backend(lambda_backends)


def _failure(error: ServiceException | JsonRESTError) -> DeploymentFailedError:
    code = error.code if isinstance(error, ServiceException) else error.error_type
    if code == "ResourceNotFoundException":
        return DeploymentFailedError("INVALID_LAMBDA_FUNCTION", error.message)
    if code == "TooManyRequestsException":
        return DeploymentFailedError("THROTTLED", error.message)
    return invalid_configuration(error.message)
