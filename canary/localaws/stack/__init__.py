"""
CloudFormation: stacks from our SAM templates, through moto.

Every resource is made by its service's ordinary API. A type or a property that nobody handles is an
error, never left out.
"""

from __future__ import annotations

import moto.cloudformation.models

from canary.localaws.account import LocalAws
from canary.localaws.stack import requests
from canary.localaws.stack.deployment import StackError, deploy
from canary.localaws.stack.models import ChangeSet, CloudFormationBackend, Stack
from canary.localaws.stack.resources import keys

__all__ = ["StackError", "deploy", "install"]


def install(aws: LocalAws) -> None:
    """Let moto make stacks with our engine."""
    aws.extend(moto.cloudformation.models.cloudformation_backends, CloudFormationBackend)
    aws.patch(moto.cloudformation.models, "Stack", Stack)
    aws.patch(moto.cloudformation.models, "ChangeSet", ChangeSet)
    keys.install(aws)
    aws.checks.append(requests.check)
