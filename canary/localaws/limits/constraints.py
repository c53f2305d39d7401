"""
The constraints of botocore's models, compiled: what a shape demands of a value.

A shape becomes a function that yields a sentence for each constraint that a value does not satisfy;
a shape that demands nothing becomes None, so that a call is looked at only where it can be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

Validator = Callable[[Any, str], Iterator[str]]
"""Takes a value and its place; gives a sentence for each constraint that does not hold."""


@dataclass(frozen=True)
class Constraint:
    """One thing that a value must satisfy, and AWS's words for it."""

    holds: Callable[[Any], bool]
    words: str

    def __call__(self, value: Any) -> str | None:
        """The words, where it does not hold."""
        return None if self.holds(value) else self.words


NOT_NULL = "Member must not be null"
# Java's classes of characters as Python's re knows them; what holds another one is not checked.
_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


def compiled(shape: Shape | None, within: frozenset[str] = frozenset()) -> Validator | None:
    """The validator of a shape; one inside of itself ends at its first turn."""
    if shape is None or shape.name in within:
        return None
    within |= {shape.name}
    if isinstance(shape, StructureShape):
        return _structure(shape, within)
    own = constraints_of(shape)
    if isinstance(shape, ListShape):
        return _list(own, compiled(shape.member, within))
    if isinstance(shape, MapShape):
        return _map(own, constraints_of(shape.key), shape.value, within)
    return _scalar(own, bool(shape.metadata.get("sensitive"))) if own else None


def place_of(sentence: str) -> str:
    """Where in the parameters the constraint does not hold: `targets.2.member.id`."""
    return sentence.split(" at '")[-1].split("'")[0]


def constraints_of(shape: Shape) -> tuple[Constraint, ...]:
    """All that one shape itself demands."""
    metadata, found = shape.metadata, []
    is_number = shape.type_name in ("integer", "long", "float", "double")
    measure = (lambda value: value) if is_number else _length
    what = "value" if is_number else "length"
    if (most := metadata.get("max")) is not None:
        found.append(_bound(measure, lambda n: n <= most, f"{what} less than or equal to {most}"))
    if (least := metadata.get("min")) is not None:
        words = f"{what} greater than or equal to {least}"
        found.append(_bound(measure, lambda n: n >= least, words))
    if isinstance(shape, StringShape) and shape.enum:
        found.append(_enum(tuple(shape.enum)))
    if expression := _expression(metadata.get("pattern")):
        found.append(_pattern(expression, metadata["pattern"]))
    return tuple(found)


# -- one constraint ----------------------------------------------------------------------------


def _bound(measure: Callable[[Any], Any], holds: Callable[[Any], bool], words: str) -> Constraint:
    def is_within(value: Any) -> bool:
        size = measure(value)
        return size is None or holds(size)

    return Constraint(is_within, f"Member must have {words}")


def _enum(values: tuple[str, ...]) -> Constraint:
    allowed = frozenset(values)
    words = f"Member must satisfy enum value set: [{', '.join(values)}]"
    return Constraint(lambda value: value in allowed, words)


def _pattern(expression: re.Pattern[str], text: str) -> Constraint:
    words = f"Member must satisfy regular expression pattern: {text}"
    return Constraint(lambda value: expression.fullmatch(str(value)) is not None, words)


@cache
def _expression(pattern: str | None) -> re.Pattern[str] | None:
    for java, python in _CLASSES.items():
        pattern = pattern and pattern.replace(java, python)
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def _length(value: Any) -> int | None:
    return len(value) if hasattr(value, "__len__") else None  # a stream's is not known


# -- validators --------------------------------------------------------------------------------


def _scalar(own: tuple[Constraint, ...], is_secret: bool) -> Validator:
    def validate(value: Any, place: str) -> Iterator[str]:
        for constraint in own:
            if words := constraint(value):
                yield _sentence(None if is_secret else value, place, words)

    return validate


def _list(own: tuple[Constraint, ...], member: Validator | None) -> Validator | None:
    if not own and member is None:
        return None

    def validate(value: Any, place: str) -> Iterator[str]:
        for constraint in own:
            if words := constraint(value):
                yield _sentence(value, place, words)
        for number, element in enumerate(value if member else (), 1):
            yield from member(element, f"{place}.{number}.member")  # type: ignore[misc]

    return validate


def _map(
    own: tuple[Constraint, ...], keys: tuple[Constraint, ...], inner: Shape, within: frozenset[str]
) -> Validator | None:
    is_nested = isinstance(inner, StructureShape | ListShape | MapShape)
    values = () if is_nested else constraints_of(inner)
    member = compiled(inner, within) if is_nested else None
    if not (own or keys or values or member):
        return None

    def validate(value: Any, place: str) -> Iterator[str]:
        for constraint in own:
            if words := constraint(value):
                yield _sentence(value, place, words)
        for what, constraints, found in (("keys", keys, value), ("value", values, value.values())):
            if any(constraint(each) for each in found for constraint in constraints):
                words = f"Map {what} must satisfy constraint: [{_all(constraints)}]"
                yield _sentence(value, place, words)
        for key, element in value.items() if member else ():
            yield from member(element, f"{place}.{key}.member")  # type: ignore[misc]

    return validate


def _all(constraints: tuple[Constraint, ...]) -> str:
    """AWS names all that it demands of a map's keys or values, not only what is not satisfied."""
    return ", ".join([*(constraint.words for constraint in constraints), NOT_NULL])


def _structure(shape: StructureShape, within: frozenset[str]) -> Validator | None:
    required = tuple(shape.required_members)
    members = {name: compiled(member, within) for name, member in shape.members.items()}
    checked = {name: validator for name, validator in members.items() if validator}
    if not required and not checked:
        return None

    def validate(value: Any, place: str) -> Iterator[str]:
        prefix = f"{place}." if place else ""
        for name in required:
            if value.get(name) is None:
                yield f"Value null at '{prefix}{_written(name)}' failed to satisfy constraint: " + (
                    NOT_NULL
                )
        for name, inner in value.items():
            if name in checked and inner is not None:
                yield from checked[name](inner, prefix + _written(name))

    return validate


# -- words -------------------------------------------------------------------------------------


def _written(name: str) -> str:
    """Members as AWS's errors write them, whatever the API's case: `functionName`."""
    return name[:1].lower() + name[1:]


def _sentence(value: Any, place: str, words: str) -> str:
    shown = "Value" if value is None else f"Value '{_shown(value)}'"
    return f"{shown} at '{place}' failed to satisfy constraint: {words}"


def _shown(value: Any) -> str:
    """A value as Java prints it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_shown(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(inner) for inner in value) + "]"
    if isinstance(value, bytes | bytearray):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
