"""AWS CodeDeploy for Lambda: deployments that shift an alias on the clock, and roll it back."""

from typing import cast

from moto.codedeploy.models import codedeploy_backends

from canary.localaws.account import LocalAws
from canary.localaws.codedeploy.faults import Faults
from canary.localaws.codedeploy.models import CodeDeployBackend

__all__ = ["CodeDeployBackend", "Faults", "backend", "faults", "install"]


def install(aws: LocalAws) -> None:
    """Let moto answer for CodeDeploy with our backend."""
    aws.extend(codedeploy_backends, CodeDeployBackend)


def backend(aws: LocalAws) -> CodeDeployBackend:
    """The backend of this embedded AWS."""
    return cast(CodeDeployBackend, aws.backend(codedeploy_backends))


def faults(aws: LocalAws) -> Faults:
    """What tests can let go wrong in this embedded AWS."""
    return backend(aws).faults
