"""Parameters, conditions and intrinsic functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json

from canary.localaws.stack.resource import text

_CONNECTIVES: dict[str, Callable[[Iterator[bool]], bool]] = {
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Not": lambda truths: not next(truths),
}


def resolved(value: Any, resources: ResourceMap) -> Any:
    """
    A value of the template without intrinsic functions, and without what AWS::NoValue takes away.
    """
    return _without_nothing(clean_json(value, resources))


def _without_nothing(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nothing(element) for element in value if element is not None]
    if isinstance(value, dict):
        _refuse_functions(value)
        return {key: _without_nothing(element) for key, element in value.items()}
    return value


def _refuse_functions(keys: Iterable[Any]) -> None:
    for key in keys:
        if str(key).startswith("Fn::"):
            _refuse(f"Template error: the embedded AWS does not know the function {key}")


def holds(condition: Any, conditions: Mapping[str, Any], resolve: Callable[[Any], Any]) -> bool:
    """Whether a condition is true; `conditions` are the template's, by name."""
    if isinstance(condition, str):
        condition = {"Condition": condition}
    ((function, operands),) = condition.items()
    if function == "Condition":
        if operands not in conditions:
            _refuse(f"Template error: unresolved condition dependency {operands}")
        return holds(conditions[operands], conditions, resolve)
    if function == "Fn::Equals":
        left, right = (text(resolve(operand)) for operand in operands)
        return left == right
    truths = (holds(operand, conditions, resolve) for operand in operands)
    if function not in _CONNECTIVES:
        _refuse(f"Template error: {function} is not a condition function")
    return _CONNECTIVES[function](truths)


def check_parameters(declared: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise a ValidationError where AWS refuses the values of parameters."""
    unknown = [name for name in given if name not in declared]
    if unknown:
        _refuse(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [
        name for name in declared if name not in given and declared[name].get("Default") is None
    ]
    if missing:
        _refuse(f"Parameters: [{', '.join(missing)}] must have values")
    for name, declaration in declared.items():
        _check_value(name, declaration, text(given.get(name, declaration.get("Default"))))


def _check_value(name: str, declaration: Mapping[str, Any], value: str) -> None:
    allowed = [text(choice) for choice in declaration.get("AllowedValues", [value])]
    if value not in allowed:
        _refuse(f"Parameter '{name}' must be one of AllowedValues")
    if not re.fullmatch(declaration.get("AllowedPattern", ".*"), value, re.DOTALL):
        _refuse(f"Parameter '{name}' must match pattern {declaration['AllowedPattern']}")
    length = len(value)
    if not declaration.get("MinLength", 0) <= length <= declaration.get("MaxLength", length):
        _refuse(f"Parameter '{name}' does not have an allowed length")
    if declaration["Type"] == "Number":
        _check_number(name, declaration, value)


def _check_number(name: str, declaration: Mapping[str, Any], value: str) -> None:
    try:
        number = float(value)
    except ValueError:
        _refuse(f"Parameter '{name}' must be a number.")
    low, high = declaration.get("MinValue", number), declaration.get("MaxValue", number)
    if not float(low) <= number <= float(high):
        _refuse(f"Parameter '{name}' must be a number between {low} and {high}")


def _refuse(message: str) -> NoReturn:
    raise ValidationError(message=message)
