"""
Waiting for the lock. Of several that wait for one alias only the newest stays; the release that
runs is never touched.

Who waits is kept in an item of the alias, so that a retry or a restart goes on waiting. The newest
is the one whose execution started last, so that all agree on it.
"""

from __future__ import annotations

import time
from typing import Literal

import msgspec

from release import freezes, lock, record
from release.aws import dynamodb
from release.aws.dynamodb import Attr, ConditionFailedError, Put
from release.errors import ReleaseInProgressError
from release.lock import Place
from release.plan import Execution

_POLL_SECONDS = 15
_LONGEST_SECONDS = 30 * 60
_GONE_SECONDS = 2 * 60  # without a turn; retries take less
_KEPT_SECONDS = 86400


class Validation(msgspec.Struct, frozen=True, rename="camel"):
    """Whether the release has its plan and its lock, or waits, and for what."""

    status: Literal["IN_PROGRESS", "SUCCEEDED"]
    wait_seconds: int
    reason: str = ""


class _Waiting(msgspec.Struct, frozen=True, rename="camel"):
    """A release waits; `since` and `seen_at`, its first and last turn, in seconds of the epoch."""

    release: str
    execution_arn: str
    redrive_count: int
    started_at: float
    since: int
    seen_at: int
    expires_at: int


def wait(
    execution: Execution, place: Place, started_at: float, busy: ReleaseInProgressError
) -> Validation:
    """
    Wait another turn, or raise `busy` with why there is nothing to wait for: a newer release, an
    approval, or too long already. FrozenError where a freeze would refuse the release anyhow.
    """
    if freezes.over(place.function):
        raise freezes.error(place.function)
    why = _why_not(place, started_at) or _claim(execution, place, started_at)
    if why:
        raise ReleaseInProgressError(f"{why} {busy}")
    return Validation(status="IN_PROGRESS", wait_seconds=_POLL_SECONDS, reason=str(busy))


def _why_not(place: Place, started_at: float) -> str:
    """What of the release that holds the lock forbids to wait for it."""
    name = lock.holder(place)
    owner = record.find(name) if name else None
    if owner is None:
        return ""
    if owner.approval_awaited_since:
        return f"Release {name} awaits an approval, which may take long."
    if owner.plan.started_at > started_at:
        return f"Release {name}, which is newer, runs."
    return ""


def _claim(execution: Execution, place: Place, started_at: float) -> str:
    """Be the one that waits; else why this release no longer does."""
    key, now = _key(place.target), int(time.time())
    before = dynamodb.get(key)
    known = msgspec.convert(before, _Waiting) if before else None
    me = (execution.arn, execution.redrive_count)
    is_me = known is not None and (known.execution_arn, known.redrive_count) == me
    since = known.since if known and is_me else now
    if now - since >= _LONGEST_SECONDS:
        return f"This release has waited for {_LONGEST_SECONDS // 60} minutes."
    mine = _Waiting(execution.name, *me, started_at, since, now, now + _KEPT_SECONDS)
    older = Attr("startedAt").lt(started_at) | Attr("seenAt").lt(now - _GONE_SECONDS)
    free = Attr("pk").not_exists() | Attr("executionArn").eq(execution.arn) | older
    try:
        dynamodb.put(Put(key, msgspec.to_builtins(mine), free))
    except ConditionFailedError:
        newer = dynamodb.get(key) or {}
        return f"Release {newer.get('release', 'another')}, which is newer, waits in its place."
    return ""


def _key(target: str) -> dynamodb.Key:
    return f"target#{target}", "waiting"
