"""The role that a machine runs as."""

from __future__ import annotations

import uuid
from typing import Any

from canary.localaws import iam
from canary.localaws.iam.resources import function
from canary.localaws.stepfunctions.errors import AccessDeniedException

SERVICE = "states.amazonaws.com"


def check(role: str, machine_arn: str) -> None:
    """Refuse to give a machine a role that is not there or does not trust Step Functions."""
    try:
        iam.check_trust(role, SERVICE, machine_arn)
    except iam.DeniedError:
        raise AccessDeniedException(
            f"Neither the global service principal {SERVICE}, nor the regional one is authorized "
            "to assume the provided role."
        ) from None


def check_invoke(role: str, env: Any, name: str, qualifier: str | None) -> None:
    """What Lambda answers to a machine whose role may not invoke the function."""
    context = env.states.context_object.context_object_data
    check(role, context["StateMachine"]["Id"])
    (arn,) = function({"FunctionName": name, "Qualifier": qualifier})
    iam.require(role, "lambda:InvokeFunction", arn, session=session_of(context["Execution"]["Id"]))


def session_of(execution_arn: str) -> str:
    """The name of the session in which an execution runs: 32 digits that mean nothing."""
    return uuid.uuid5(uuid.NAMESPACE_URL, execution_arn).hex
