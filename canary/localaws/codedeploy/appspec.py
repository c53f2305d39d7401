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
        spec = _read(_lower(yaml.safe_load(content)))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise AppSpecError("the AppSpec is malformed") from error
    problems = {
        "a name is missing": not (_is_name(spec.function) and _is_name(spec.alias)),
        "a version is no positive integer": not (
            _VERSION.fullmatch(spec.current) and _VERSION.fullmatch(spec.target)
        ),
        "the versions are equal": spec.current == spec.target,
        "a hook is unknown": not set(spec.hooks) <= {BEFORE, AFTER},
    }
    for message, is_so in problems.items():
        if is_so:
            raise AppSpecError(message)
    return spec


def _read(document: Mapping[str, Any]) -> AppSpec:
    """What the document says, unchecked."""
    (resource,) = document["resources"]
    ((_, described),) = resource.items()
    properties = _lower(_lower(described)["properties"])
    return AppSpec(
        function=properties["name"],
        alias=properties["alias"],
        current=str(properties["currentversion"]),
        target=str(properties["targetversion"]),
        hooks={
            name: function for hook in document.get("hooks", []) for name, function in hook.items()
        },
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _lower(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Both spellings of the keys, `Resources` and `resources`, occur in AWS's own examples."""
    return {key.lower(): value for key, value in mapping.items()}
