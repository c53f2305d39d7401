"""
AppSpec files for Lambda: which alias goes from which version to which, and the hooks around it.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

BEFORE = "BeforeAllowTraffic"
ALLOW = "AllowTraffic"
AFTER = "AfterAllowTraffic"

_VERSION = re.compile(r"[1-9][0-9]*")


class AppSpecError(Exception):
    """The AppSpec does not say what a Lambda deployment needs."""


@dataclass(frozen=True)
class AppSpec:
    """What one deployment is to do."""

    function: str
    alias: str
    current: str
    target: str
    hooks: Mapping[str, str]

    def __str__(self) -> str:
        properties = {
            "Name": self.function,
            "Alias": self.alias,
            "CurrentVersion": self.current,
            "TargetVersion": self.target,
        }
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        return json.dumps({"version": 0.0, "Resources": [{self.function: resource}]})


def parse(content: str) -> AppSpec:
    """Read an AppSpec in JSON or YAML; raises AppSpecError."""
    try:
        document = _lower(yaml.safe_load(content))
        (resource,) = document["resources"]
        ((_, described),) = resource.items()
        properties = _lower(_lower(described)["properties"])
        names = [properties[key] for key in ("name", "alias")]
        versions = [str(properties[key]) for key in ("currentversion", "targetversion")]
        hooks = {
            name: function for hook in document.get("hooks", []) for name, function in hook.items()
        }
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise AppSpecError("the AppSpec is malformed") from error
    if not all(isinstance(name, str) and name for name in names):
        raise AppSpecError("a name is missing")
    if not all(_VERSION.fullmatch(version) for version in versions):
        raise AppSpecError("a version is no positive integer")
    if versions[0] == versions[1]:
        raise AppSpecError("the versions are equal")
    if not set(hooks) <= {BEFORE, AFTER}:
        raise AppSpecError("a hook is unknown")
    return AppSpec(names[0], names[1], versions[0], versions[1], hooks)


def _lower(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Both spellings of the keys, `Resources` and `resources`, occur in AWS's own examples."""
    return {key.lower(): value for key, value in mapping.items()}
