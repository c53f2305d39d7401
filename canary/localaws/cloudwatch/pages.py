"""What the operations of CloudWatch have in common: pages, and parameters that are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue, ValidationError

PAGE = 100


def page(items: Sequence[Any], token: str | None, size: int) -> tuple[Sequence[Any], str | None]:
    """One page, and the token of the next."""
    start = position(token)
    end = start + size
    return items[start:end], str(end) if end < len(items) else None


def position(token: str | None) -> int:
    """How many items come before the token's page."""
    if token and not token.isdecimal():
        raise InvalidParameterValue("Request parameter NextToken is invalid")
    return int(token or 0)


def refuse(parameters: Mapping[str, Any], *names: str) -> None:
    """Raise a ValidationError for what is asked for but not done here."""
    for name in names:
        if parameters.get(name):
            raise ValidationError(f"The parameter {name} is not supported here.")
