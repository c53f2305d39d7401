"""
What botocore and moto work out anew with every call, and need not: half of a call's time.

Each shortcut remembers an answer that cannot change while the process lives, or leaves out work
without an outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.useragent import UserAgentString
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.serialize import (
    AttributePickerContext,
    ResponseSerializer,
    XFormedAttributePicker,
)
from moto.stepfunctions.parser.asl.utils import json_path

from canary.localaws.account import LocalAws

_urls: Callable[[BaseBackend], dict[str, Callable[..., Any]]] = vars(BaseBackend)["urls"].fget
_urls_of: dict[type[BaseBackend], dict[str, Callable[..., Any]]] = {}
_structure = vars(ResponseSerializer)["_serialize_type_structure"]
_members_of: dict[Any, list[tuple[str, Any, tuple[str, ...]]]] = {}


def install(aws: LocalAws) -> None:
    """Take the shortcuts while this embedded AWS runs."""
    aws.patch(UserAgentString, "to_string", lambda _: "embedded-aws")
    aws.patch(BaseBackend, "urls", property(_remembered_urls))
    names = vars(responses)["method_names_from_class"]
    aws.patch(responses, "method_names_from_class", cache(names))
    aws.patch(json_path, "parse", cache(vars(json_path)["parse"]))
    aws.patch(ResponseSerializer, "_serialize_type_structure", _serialize_structure)


def _remembered_urls(backend: BaseBackend) -> dict[str, Callable[..., Any]]:
    """All backends of one class answer at the same addresses."""
    kind = type(backend)
    if kind not in _urls_of:
        _urls_of[kind] = _urls(backend)
    return _urls_of[kind]


def _serialize_structure(
    serializer: Any, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    """Of a plain dictionary only what it has, instead of asking it for all that it might have."""
    if type(value) is not dict or not _is_plain(serializer):
        _structure(serializer, serialized, value, shape, key)
        return
    wrapper = serializer.MAP_TYPE() if key else serialized
    for name, member, keys in _members(shape, serializer):
        found = next((value[each] for each in keys if each in value), None)
        if found is not None:
            serializer._serialize(wrapper, found, member, name)
    if key:
        serializer._default_serialize(serialized, wrapper, shape, key)


def _is_plain(serializer: Any) -> bool:
    """Whether moto's own way to a member is the one that is shortened."""
    kind, picker = type(serializer), serializer._value_picker
    return (
        kind._serialize_structure_member is ResponseSerializer._serialize_structure_member
        and kind.get_value is ResponseSerializer.get_value
        and type(picker) is XFormedAttributePicker
        and not picker.response_transformers
    )


def _members(shape: Any, serializer: Any) -> list[tuple[str, Any, tuple[str, ...]]]:
    """A structure's members, and the keys under which a plain dictionary may have each."""
    picker = serializer._value_picker
    remembered = _members_of.get(shape)
    if remembered is None:
        remembered = _members_of[shape] = []
        for name, member in shape.members.items():
            member.parent = shape  # as moto does, which looks there for a prefix
            context = AttributePickerContext(obj={}, key=name, shape=member)
            remembered.append((name, member, tuple(picker.get_possible_keys(context))))
    return remembered
