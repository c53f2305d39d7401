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


def is_version(qualifier: str) -> bool:
    """Whether a qualifier is a version number rather than an alias or $LATEST."""
    return qualifier.isdigit()
