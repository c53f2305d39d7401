"""How a caller may name a function: by name or by (partial) ARN, with or without a qualifier."""

from __future__ import annotations

import re

from canary.localaws.awslambda.exceptions import (
    InvalidParameterValueException,
    ValidationException,
)

_REFERENCE = re.compile(
    r"(?:(?:arn:[a-z0-9-]+:lambda:[a-z0-9-]+:)?(?:\d{12}:)?function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)
_ALIAS = re.compile(r"(?!^[0-9]+$)([a-zA-Z0-9-_]{1,128})")


def split(reference: str, qualifier: str | None = None) -> tuple[str, str | None]:
    """The function's name and the qualifier, whether that came inside `reference` or beside it."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValidationException(
            f"1 validation error detected: Value '{reference}' at 'functionName' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {_REFERENCE.pattern}"
        )
    inside = match["qualifier"]
    if inside and qualifier and inside != qualifier:
        raise InvalidParameterValueException(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return match["name"], inside or qualifier


def check_alias(name: str) -> None:
    """Refuse a name that an alias cannot have."""
    if not _ALIAS.fullmatch(name):
        raise ValidationException(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_ALIAS.pattern}"
        )


def is_version(qualifier: str) -> bool:
    """Whether a qualifier is a version number rather than an alias or $LATEST."""
    return qualifier.isdigit()
