"""The role that a function runs as: whether Lambda may assume it, and what it lets Lambda do."""

from __future__ import annotations

import re

from moto.logs.models import logs_backends

from canary.localaws import iam
from canary.localaws.account import ACCOUNT, current
from canary.localaws.awslambda.exceptions import (
    AccessDeniedException,
    InvalidParameterValueException,
)
from canary.localaws.awslambda.functions import Function
from canary.localaws.iam.resources import arn

_ROLE = re.compile(rf"arn:aws:iam::{ACCOUNT}:role/.+")

SERVICE = "lambda.amazonaws.com"
NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


def check(role: str, function_arn: str) -> None:
    """Refuse to run a function whose role is gone or does not trust Lambda."""
    if not _is_assumable(role, function_arn):
        raise AccessDeniedException(NOT_ASSUMABLE)


def check_assumable(role: str, function_arn: str) -> None:
    """Refuse to give a function such a role. Whether it is a role at all is for moto to say."""
    if _ROLE.fullmatch(role) and not _is_assumable(role, function_arn):
        raise InvalidParameterValueException(NOT_ASSUMABLE)


def _is_assumable(role: str, function_arn: str) -> bool:
    try:
        iam.check_trust(role, SERVICE, function_arn)
    except iam.DeniedError:
        return False
    return True


def may_log(function: Function, stream: str) -> bool:
    """Whether the function's role lets its output be stored: without the right there is no log."""
    group = current().backend(logs_backends).groups.get(function.log_group)
    name = arn("logs", f"log-group:{function.log_group}:log-stream:")
    needs = {"logs:PutLogEvents": name + stream}
    if group is None or stream not in group.streams:
        needs["logs:CreateLogStream"] = name
    if group is None:
        needs["logs:CreateLogGroup"] = name
    return all(iam.may(function.role, action, resource) for action, resource in needs.items())
