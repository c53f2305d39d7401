"""The configuration that the new version is to have, and what must change in `$LATEST` for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from release.errors import TargetNotReadyError
from release.request import Configuration

# Lambda's names. What is listed here a release may set; what is listed below it must find equal.
_MANAGED = (
    "Runtime",
    "Handler",
    "MemorySize",
    "Timeout",
    "Environment",
    "Layers",
    "EphemeralStorage",
    "TracingConfig",
    "LoggingConfig",
    "SnapStart",
)
_FIXED = (
    "Role",
    "DeadLetterConfig",
    "VpcConfig",
    "FileSystemConfigs",
    "KMSKeyArn",
    "Architectures",
    "PackageType",
)


def intended(stable: Mapping[str, Any], overlay: Configuration) -> dict[str, Any]:
    """The stable version's managed configuration, overlaid with the request's."""
    result = managed(stable)
    asked = {
        "Runtime": overlay.runtime,
        "Handler": overlay.handler,
        "MemorySize": overlay.memory_size,
        "Timeout": overlay.timeout,
        "Environment": None if overlay.environment is None else {"Variables": overlay.environment},
        "Layers": overlay.layers,
    }
    return result | {name: value for name, value in asked.items() if value is not None}


def managed(function: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a function's configuration that a release sets, in the form of an update."""
    return {name: _as_update(name, function.get(name)) for name in _MANAGED}


def changes(latest: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The members of `wanted` that `$LATEST` does not have already."""
    return {
        name: value
        for name, value in wanted.items()
        if value != {} and value != _as_update(name, latest.get(name))
    }


def refuse_what_weights_forbid(
    function: str, stable_version: str, stable: Mapping[str, Any], latest: Mapping[str, Any]
) -> None:
    """
    TargetNotReadyError when `$LATEST` differs in what a release cannot set.

    An alias shares traffic only between versions of the same role and dead letter queue; network
    and storage would need rights that the pipeline does not have.
    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    for version, configuration in ((stable_version, stable), ("$LATEST", latest)):
        if (configuration.get("Environment") or {}).get("Error"):
            raise TargetNotReadyError(
                f"{function}: the environment variables of {version} cannot be read: "
                f"{configuration['Environment']['Error']}. Give the pipeline's functions "
                "kms:Decrypt on their key. Nothing changed."
            )
    for name in _FIXED:
        old, new = _present(stable.get(name)), _present(latest.get(name))
        if old != new:
            raise TargetNotReadyError(
                f"{function}: {name} of $LATEST is {new or 'not set'}, but version "
                f"{stable_version}, which the alias serves, has {old or 'none'}. A release cannot "
                f"shift traffic across this: set it back on $LATEST, or publish and point the "
                "alias by hand. Nothing changed."
            )


def _as_update(name: str, value: Any) -> Any:
    """A member as Lambda describes it, in the form in which Lambda takes it."""
    if name in _FORMS:
        return _FORMS[name](value)
    return {} if value is None else value


def _layers(value: Any) -> list[str]:
    return [each["Arn"] if isinstance(each, Mapping) else each for each in value or []]


_FORMS: dict[str, Callable[[Any], Any]] = {
    "Environment": lambda value: {"Variables": dict((value or {}).get("Variables") or {})},
    "Layers": _layers,
    "SnapStart": lambda value: {"ApplyOn": (value or {}).get("ApplyOn", "None")},
}


def _present(value: Any) -> Any:
    """Absent, empty, and all-empty members mean the same to Lambda."""
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if _present(each)} or None
    return value or None
