"""
The lock: one release at a time for an alias, and for a deployment group.

The holder is (execution ARN, redrive count); *mine* is the same ARN with a redrive count not higher
than my own. All writes of one step are one transaction.
"""

from __future__ import annotations

import time
from contextlib import suppress

import msgspec

from release import record
from release.aws import awslambda, dynamodb
from release.aws.dynamodb import (
    Attr,
    Check,
    ConditionBase,
    ConditionFailedError,
    Delete,
    Operation,
    Put,
)
from release.errors import FrozenError, ReleaseError, ReleaseInProgressError, ReleaseStaleError
from release.plan import Execution, Plan

STACK_FREEZE = ("stack", "freeze")
_LOCKS = "locks"  # one partition, so that one Query finds all that are held


class Holder(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Who holds a lock, and its key in the partition of locks."""

    sk: str
    release: str
    target: str
    execution_arn: str
    redrive_count: int


def lock_key(target: str) -> dynamodb.Key:
    """Key of the lock of `function:alias`."""
    return _LOCKS, f"target#{target}"


def group_lock_key(application: str, group: str) -> dynamodb.Key:
    """Key of the lock of a deployment group: AWS runs one deployment in it at a time."""
    return _LOCKS, f"group#{application}/{group}"


def freeze_key(function: str) -> dynamodb.Key:
    """Key of the item that freezes one function."""
    return f"function#{function}", "freeze"


def take(plan: Plan, execution: Execution) -> None:
    """
    Take both locks and begin the release item, or change nothing.

    Raises ReleaseInProgressError, FrozenError, or ReleaseStaleError for a release that is over.
    """
    try:
        dynamodb.transact(
            *_locks(plan, execution),
            *_not_frozen(plan),
            record.new_item(plan, execution),
            Put(record.newest_key(plan.target), {"release": plan.release}),
        )
    except ConditionFailedError as error:
        if error.index < 2:
            raise _held(plan, error.index, ReleaseInProgressError) from error
        raise (_frozen(plan) if error.index < 4 else _over(plan)) from error


def hold(plan: Plan, execution: Execution, *, unless_frozen: bool = False) -> None:
    """
    Make sure that this release may go on: alias as planned, lock mine (taken again if it is free),
    release not over. Else ReleaseStaleError, or FrozenError where a freeze is to be respected.
    """
    require_alias_as_planned(plan)
    freeze = _not_frozen(plan) if unless_frozen else []
    try:
        dynamodb.transact(*_locks(plan, execution), record.resume(plan, execution), *freeze)
    except ConditionFailedError as error:
        if error.index < 2:
            raise _held(plan, error.index, ReleaseStaleError) from error
        raise (_over(plan) if error.index == 2 else _frozen(plan)) from error


def require_alias_as_planned(plan: Plan) -> None:
    """ReleaseStaleError unless the alias serves the planned stable version alone."""
    alias = awslambda.get_alias(plan.function, plan.alias)
    if alias is None or alias.version != plan.stable_version or not alias.is_whole:
        raise ReleaseStaleError(
            f"alias {plan.target} was to serve version {plan.stable_version} alone, but serves "
            f"{alias or 'nothing: it is gone'}. Start a new execution with the same input."
        )


def free(plan: Plan, execution_arn: str, redrive_count: int) -> None:
    """Free both locks as far as that execution, up to that redrive, still holds them."""
    for key in (
        lock_key(plan.target),
        group_lock_key(plan.traffic.application, plan.traffic.group),
    ):
        _free(key, execution_arn, redrive_count)


def held() -> list[Holder]:
    """All locks that are held."""
    return [msgspec.convert(item, Holder) for item in dynamodb.query(_LOCKS)]


def free_of(holder: Holder, redrive_count: int) -> None:
    """Free the lock of an execution that is over at that redrive, unless another has it by now."""
    _free((_LOCKS, holder.sk), holder.execution_arn, redrive_count)


def _free(key: dynamodb.Key, execution_arn: str, redrive_count: int) -> None:
    with suppress(ConditionFailedError):  # free already, or another's
        dynamodb.transact(Delete(key, _mine(execution_arn, redrive_count)))


def _locks(plan: Plan, execution: Execution) -> list[Operation]:
    holder = {
        "release": plan.release,
        "target": plan.target,
        "executionArn": execution.arn,
        "redriveCount": execution.redrive_count,
        "takenAt": int(time.time()),
    }
    free_or_mine = Attr("pk").not_exists() | _mine(execution.arn, execution.redrive_count)
    return [
        Put(lock_key(plan.target), holder, free_or_mine),
        Put(group_lock_key(plan.traffic.application, plan.traffic.group), holder, free_or_mine),
    ]


def _not_frozen(plan: Plan) -> list[Operation]:
    absent = Attr("pk").not_exists()
    return [Check(freeze_key(plan.function), absent), Check(STACK_FREEZE, absent)]


def _mine(execution_arn: str, redrive_count: int) -> ConditionBase:
    return Attr("executionArn").eq(execution_arn) & Attr("redriveCount").lte(redrive_count)


def _held(plan: Plan, index: int, kind: type[ReleaseError]) -> ReleaseError:
    group = f"{plan.traffic.application}/{plan.traffic.group}"
    key, what = (
        (lock_key(plan.target), f"alias {plan.target}"),
        (group_lock_key(plan.traffic.application, plan.traffic.group), f"deployment group {group}"),
    )[index]
    holder = dynamodb.get(key) or {}
    return kind(
        f"{what} is held by release {holder.get('release', '(just ended)')} "
        f"({holder.get('executionArn', 'no execution')}). Wait for it to end, or stop that "
        "execution; its lock is freed then. Nothing changed."
    )


def _frozen(plan: Plan) -> FrozenError:
    item = dynamodb.get(freeze_key(plan.function)) or dynamodb.get(STACK_FREEZE) or {}
    return FrozenError(
        f"releases of {plan.function} are frozen: {item.get('reason', 'no reason given')}. "
        "Rollbacks still work. Nothing changed."
    )


def _over(plan: Plan) -> ReleaseStaleError:
    found = record.get(plan.release)
    asked = found.rollback_requested
    why = f"a rollback was asked for by {asked.by}" if asked else f"its outcome is {found.outcome}"
    return ReleaseStaleError(
        f"release {plan.release} must not go on: {why}. Start a new execution with the same input."
    )
