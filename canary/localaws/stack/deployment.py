"""What `sam deploy` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from canary.localaws.account import LocalAws
from canary.localaws.stack.packaging import Packager
from canary.localaws.stack.template import load

_NO_CHANGE = "No updates are to be performed"


class StackError(RuntimeError):
    """The stack was not made, or not changed; the message says which resource failed, and why."""


def deploy(
    aws: LocalAws, template: Path, stack_name: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Create or update the stack from a SAM template on disk; its outputs."""
    packager = Packager(aws, template.parent)
    packaged = load(template.read_text())
    packager.package(packaged)
    cloudformation = aws.client("cloudformation")
    request = {
        "StackName": stack_name,
        "TemplateURL": packager.upload_template(json.dumps(packaged)),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    is_changed = True
    if _exists(cloudformation, stack_name):
        is_changed = _update(cloudformation, request)
    else:
        cloudformation.create_stack(**request)
    (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    if is_changed and "ROLLBACK" in stack["StackStatus"]:
        raise StackError(f"{stack['StackStatus']}: {stack['StackStatusReason']}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _exists(cloudformation: Any, stack_name: str) -> bool:
    stacks = cloudformation.describe_stacks()["Stacks"]
    return any(stack["StackName"] == stack_name for stack in stacks)


def _update(cloudformation: Any, request: dict[str, Any]) -> bool:
    """Update the stack; say whether there was anything to change."""
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if _NO_CHANGE not in str(error):
            raise
        return False
    return True
