"""
Event patterns: which events a rule wants.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether every field of `pattern` has a condition that the field's value in `event` meets."""
    return all(
        any(matches(alternative, event) for alternative in wanted)
        if name == "$or"
        else _field_matches(wanted, event, name)
        for name, wanted in pattern.items()
    )


def _field_matches(wanted: Any, event: Mapping[str, Any], name: str) -> bool:
    if isinstance(wanted, list):
        values = list(_leaves(event[name])) if name in event else []
        return any(_condition_holds(condition, values) for condition in wanted)
    inner = event.get(name)
    if isinstance(inner, list):  # objects in an array: one of them has to match as a whole
        return any(isinstance(item, dict) and matches(wanted, item) for item in inner)
    return matches(wanted, inner if isinstance(inner, dict) else {})


def _leaves(value: Any) -> Iterator[Any]:
    """The values of a field: those of each element of an array; an object has none of its own."""
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif not isinstance(value, dict):
        yield value


def _condition_holds(condition: Any, values: list[Any]) -> bool:
    if isinstance(condition, dict) and "exists" in condition:
        return bool(values) is condition["exists"]
    return any(_allows(condition, value) for value in values)


def _allows(condition: Any, value: Any) -> bool:
    if isinstance(condition, dict):
        return all(_operator_allows(name, argument, value) for name, argument in condition.items())
    # True equals 1 in Python, but not in JSON.
    return isinstance(condition, bool) is isinstance(value, bool) and bool(condition == value)


def _operator_allows(name: str, argument: Any, value: Any) -> bool:
    if isinstance(argument, list) and name != "numeric":
        allowed = [_operator_allows(name, choice, value) for choice in argument]
        return all(allowed) if name == "anything-but" else any(allowed)
    if name == "anything-but":
        return not _allows(argument, value)
    if name == "numeric":
        return _is_in_range(argument, value)
    return isinstance(value, str) and _text_allows(name, argument, value)


def _is_in_range(limits: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(limits[::2], limits[1::2], strict=True)
    return all(_COMPARISONS[comparison](value, limit) for comparison, limit in pairs)


def _text_allows(name: str, argument: Any, value: str) -> bool:
    if isinstance(argument, dict):  # {"prefix": {"equals-ignore-case": "..."}}
        argument, value = argument["equals-ignore-case"].lower(), value.lower()
    match name:
        case "prefix":
            return value.startswith(argument)
        case "suffix":
            return value.endswith(argument)
        case "equals-ignore-case":
            return bool(value.lower() == argument.lower())
        case "wildcard":
            return re.fullmatch(_as_regex(argument), value, re.DOTALL) is not None
        case _:
            return _is_in_network(argument, value)


def _as_regex(wildcard: str) -> str:
    parts = re.findall(r"\\[*\\]|.", wildcard, re.DOTALL)
    return "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)


def _is_in_network(network: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network)
    except ValueError:
        return False
