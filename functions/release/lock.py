"""
The lock: one release at a time for an alias, and for a deployment group.

The holder is (execution ARN, redrive count); *mine* is the same ARN with a redrive count not higher
than my own. All writes of one step are one transaction.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple

import msgspec

from release import freezes, record
from release.aws import awslambda, dynamodb
from release.aws.dynamodb import (
    Attr,
    ConditionBase,
    ConditionFailedError,
    Delete,
    Operation,
    Put,
)
from release.errors import ReleaseError, ReleaseInProgressError, ReleaseStaleError
from release.plan import Execution, Plan

_LOCKS = "locks"  # one partition, so that one Query finds all that are held


class Holder(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Who holds a lock, and its key in the partition of locks."""

    sk: str
    release: str
    target: str
    execution_arn: str
    redrive_count: int


def alias_key(target: str) -> dynamodb.Key:
    """Key of the lock of `function:alias`."""
    return _LOCKS, f"target#{target}"


class Place(NamedTuple):
    """What a release locks: alias and deployment group; AWS runs one deployment in it at a time."""

    function: str
    alias: str
    application: str
    group: str

    @property
    def target(self) -> str:
        """`function:alias`."""
        return f"{self.function}:{self.alias}"

    @property
    def locks(self) -> dict[str, dynamodb.Key]:
        """The keys of both locks, by what each of them locks."""
        group = f"{self.application}/{self.group}"
        return {
            f"alias {self.target}": alias_key(self.target),
            f"deployment group {group}": (_LOCKS, f"group#{group}"),
        }


def place_of(plan: Plan) -> Place:
    """What the release of this plan locks."""
    return Place(plan.function, plan.alias, plan.traffic.application, plan.traffic.group)


def require_free(place: Place, execution: Execution) -> None:
    """ReleaseInProgressError while another execution holds one of the locks."""
    for what, key in place.locks.items():
        found = dynamodb.get(key)
        if found and found["executionArn"] != execution.arn:
            raise _held(what, found, ReleaseInProgressError)


def holder(place: Place) -> str:
    """The release that holds one of the locks; empty if both are free."""
    found = (dynamodb.get(key) for key in place.locks.values())
    return next((str(each["release"]) for each in found if each), "")


def take(plan: Plan, execution: Execution) -> None:
    """
    Take both locks and begin the release item, or change nothing.

    Raises ReleaseInProgressError, FrozenError, or ReleaseStaleError for a release that is over.
    """
    try:
        dynamodb.transact(
            *_locks(plan, execution),
            *freezes.absent(plan.function),
            record.new_item(plan, execution),
            Put(record.newest_key(plan.target), {"release": plan.release}),
        )
    except ConditionFailedError as error:
        if error.index < 2:
            raise _refused(plan, error.index, ReleaseInProgressError) from error
        raise (freezes.error(plan.function) if error.index < 4 else _over(plan)) from error


def hold(plan: Plan, execution: Execution, *, unless_frozen: bool = False) -> None:
    """
    Make sure that this release may go on: alias as planned, lock mine (taken again if it is free),
    release not over. Else ReleaseStaleError, or FrozenError where a freeze is to be respected.
    """
    require_alias_as_planned(plan)
    freeze = freezes.absent(plan.function) if unless_frozen else []
    try:
        dynamodb.transact(*_locks(plan, execution), record.resume(plan, execution), *freeze)
    except ConditionFailedError as error:
        if error.index < 2:
            raise _refused(plan, error.index, ReleaseStaleError) from error
        raise (_over(plan) if error.index == 2 else freezes.error(plan.function)) from error


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
    for key in place_of(plan).locks.values():
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
    mine = {
        "release": plan.release,
        "target": plan.target,
        "executionArn": execution.arn,
        "redriveCount": execution.redrive_count,
        "takenAt": int(time.time()),
    }
    free_or_mine = Attr("pk").not_exists() | _mine(execution.arn, execution.redrive_count)
    return [Put(key, mine, free_or_mine) for key in place_of(plan).locks.values()]


def _mine(execution_arn: str, redrive_count: int) -> ConditionBase:
    return Attr("executionArn").eq(execution_arn) & Attr("redriveCount").lte(redrive_count)


def _refused(plan: Plan, index: int, kind: type[ReleaseError]) -> ReleaseError:
    """The lock of this index was refused: who holds it."""
    what, key = list(place_of(plan).locks.items())[index]
    return _held(what, dynamodb.get(key) or {}, kind)


def _held(what: str, found: dynamodb.Item, kind: type[ReleaseError]) -> ReleaseError:
    return kind(
        f"{what} is held by release {found.get('release', '(just ended)')} "
        f"({found.get('executionArn', 'no execution')}). Wait for it to end, or stop that "
        "execution; its lock is freed then. Nothing changed."
    )


def _over(plan: Plan) -> ReleaseStaleError:
    found = record.get(plan.release)
    asked = found.rollback_requested
    why = f"a rollback was asked for by {asked.by}" if asked else f"its outcome is {found.outcome}"
    return ReleaseStaleError(
        f"release {plan.release} must not go on: {why}. Start a new execution with the same input."
    )
