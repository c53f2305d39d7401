"""
What botocore and moto work out anew with every call, and need not: half of a call's time.

Each shortcut only remembers an answer that cannot change while the process lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from botocore.useragent import UserAgentString
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.serialize import AttributePicker, XFormedAttributePicker

from canary.localaws.account import LocalAws

_urls: Callable[[BaseBackend], dict[str, Callable[..., Any]]] = vars(BaseBackend)["urls"].fget
_urls_of: dict[type[BaseBackend], dict[str, Callable[..., Any]]] = {}


def install(aws: LocalAws) -> None:
    """Take the shortcuts while this embedded AWS runs."""
    aws.patch(UserAgentString, "to_string", lambda _: "embedded-aws")
    aws.patch(BaseBackend, "urls", property(_remembered_urls))
    names = vars(responses)["method_names_from_class"]
    aws.patch(responses, "method_names_from_class", cache(names))
    for picker in (AttributePicker, XFormedAttributePicker):
        aws.patch(picker, "get_possible_keys", _remembered_keys(vars(picker)["get_possible_keys"]))


def _remembered_urls(backend: BaseBackend) -> dict[str, Callable[..., Any]]:
    """All backends of one class answer at the same addresses."""
    kind = type(backend)
    if kind not in _urls_of:
        _urls_of[kind] = _urls(backend)
    return _urls_of[kind]


def _remembered_keys(find: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
    """Under which keys a plain dictionary may have a member depends on the model alone."""
    remembered: dict[tuple[object, ...], tuple[str, ...]] = {}

    def get_possible_keys(picker: Any, context: Any) -> Iterable[str]:
        if type(context.obj) is not dict:
            return find(picker, context)
        key = (context.key, context.shape, *picker.alias_providers)
        if key not in remembered:
            remembered[key] = tuple(dict.fromkeys(find(picker, context)))
        return remembered[key]

    return get_possible_keys
