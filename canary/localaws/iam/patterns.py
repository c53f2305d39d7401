"""
Wildcards and variables in the texts of policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

Values = Callable[[str], tuple[str, ...] | None]
"""The values of a condition key (in lower case) in a request; None where it has none."""

_TOKEN = re.compile(r"\$\{([^}]*)\}|[*?]|[^*?$]+|\$")
_DEFAULT = re.compile(r"(.*?)\s*,\s*'(.*)'\s*")


def matches(text: str, value: str, values_of: Values | None, *, is_arn: bool = False) -> bool:
    """
    Whether `value` is what `text` describes. `values_of` fills variables in; without it they stand
    for themselves. In an ARN's first five parts a star ends at the colon.
    """
    if values_of is None or "${" not in text:
        return _compiled(text, is_arn).fullmatch(value) is not None
    expression = _expression(text, values_of, is_arn)
    return expression is not None and re.fullmatch(expression, value, re.DOTALL) is not None


def filled(text: str, values_of: Values | None) -> str | None:
    """The text with its variables filled in and no wildcards; None where one has no value."""
    if values_of is None or "${" not in text:
        return text
    parts = [_variable(match, values_of) for match in _TOKEN.finditer(text)]
    return None if None in parts else "".join(part for part in parts if part is not None)


@cache
def _compiled(text: str, is_arn: bool) -> re.Pattern[str]:
    wild = _Wild(is_arn)
    parts = (wild(each) for each in re.findall(r"[*?]|[^*?]+", text))
    return re.compile("".join(parts), re.DOTALL)


def _expression(text: str, values_of: Values, is_arn: bool) -> str | None:
    wild = _Wild(is_arn)
    parts: list[str] = []
    for match in _TOKEN.finditer(text):
        if match[1] is None:
            parts.append(wild(match[0]))
        else:
            value = _variable(match, values_of)
            if value is None:
                return None
            parts.append(wild.literal(value))
    return "".join(parts)


class _Wild:
    """Regular expressions for the parts of one text, from left to right."""

    def __init__(self, is_arn: bool) -> None:
        self._colons = 0 if is_arn else 5

    def __call__(self, part: str) -> str:
        if part not in ("*", "?"):
            return self.literal(part)
        any_character = "." if self._colons >= 5 else "[^:]"
        return any_character + ("*" if part == "*" else "")

    def literal(self, part: str) -> str:
        self._colons += part.count(":")
        return re.escape(part)


def _variable(match: re.Match[str], values_of: Values) -> str | None:
    """The text of a token; `${*}`, `${?}` and `${$}` are those characters themselves."""
    name = match[1]
    if name is None or name in ("*", "?", "$"):
        return name or match[0]
    with_default = _DEFAULT.fullmatch(name)
    values = values_of((with_default[1] if with_default else name).lower())
    if values is not None and len(values) == 1:
        return values[0]
    return with_default[2] if with_default else None
