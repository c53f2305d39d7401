"""Freezes: an operator stops the releases of one function, or of the whole stack."""

from __future__ import annotations

import time

import msgspec

from release.aws import dynamodb
from release.aws.dynamodb import Attr, Check, ConditionFailedError, Delete, Operation, Put
from release.errors import FrozenError


class Freeze(msgspec.Struct, frozen=True):
    """Who froze it, why, and when (epoch seconds); `function` is empty for the whole stack."""

    function: str = ""
    by: str = "someone"
    reason: str = "no reason given"
    at: int = 0

    @property
    def how_to_lift(self) -> str:
        """The command that ends it."""
        return f"canary unfreeze {self.function}".rstrip()


def put(function: str | None, by: str, reason: str) -> Freeze:
    """Freeze a function, or the stack; one that is frozen already keeps its freeze."""
    freeze = Freeze(function or "", by, reason, int(time.time()))
    try:
        dynamodb.put(Put(_key(function), msgspec.to_builtins(freeze), Attr("pk").not_exists()))
    except ConditionFailedError:
        return get(function) or freeze
    return freeze


def lift(function: str | None) -> Freeze | None:
    """End the freeze of a function, or of the stack; returns what it was, None without one."""
    freeze = get(function)
    if freeze:
        dynamodb.transact(Delete(_key(function)))
    return freeze


def get(function: str | None) -> Freeze | None:
    """The freeze of exactly this function, or of exactly the stack."""
    item = dynamodb.get(_key(function))
    return msgspec.convert(item, Freeze) if item else None


def over(function: str) -> Freeze | None:
    """What stops the releases of a function: its own freeze, or the stack's."""
    return get(function) or get(None)


def absent(function: str) -> list[Operation]:
    """The conditions of a transaction that a freeze must refuse."""
    return [Check(_key(each), Attr("pk").not_exists()) for each in (function, None)]


def error(function: str) -> FrozenError:
    """What a release is refused with."""
    freeze = over(function) or Freeze(function)
    return FrozenError(
        f"releases of {freeze.function or 'this stack'} are frozen by {freeze.by}: "
        f"{freeze.reason}. Rollbacks still work. To lift it, type: {freeze.how_to_lift}. "
        "Nothing changed."
    )


def _key(function: str | None) -> dynamodb.Key:
    return (f"function#{function}" if function else "stack"), "freeze"
