"""
What an alarm guards: one item for each alarm and release, from the release's traffic on.

So an alarm is resolved by one Query, and a release that failed does not take the guard away from
the promoted one before it.
"""

from __future__ import annotations

import msgspec

from release.aws import dynamodb
from release.aws.dynamodb import Delete, Put
from release.plan import Plan

_DAY = 86400
_SLACK_SECONDS = 4 * 3600  # what shifting and judging may take beyond its plan


class Guard(msgspec.Struct, frozen=True, rename="camel"):
    """An alarm guards a release. Times are seconds since the epoch."""

    release: str
    target: str
    since: int
    until: int


def begin(plan: Plan, now: int) -> None:
    """Let the alarms of the release's deployment group guard it."""
    length = (plan.traffic.minutes + plan.policy.bake_minutes + plan.policy.guard_minutes) * 60
    guard = Guard(plan.release, plan.target, now, now + length + _SLACK_SECONDS)
    stored = msgspec.to_builtins(guard) | {"expiresAt": guard.until + _DAY}
    for alarm in plan.alarms:
        dynamodb.put(Put(_key(alarm, plan), stored))


def guarded_by(alarm: str, at: float) -> list[Guard]:
    """What an alarm guarded at a moment, the newest first."""
    found = [msgspec.convert(item, Guard) for item in dynamodb.query(_partition(alarm))]
    return sorted((each for each in found if each.until >= at), key=lambda each: -each.since)


def end(plan: Plan) -> None:
    """A release that did not last is no longer what its alarms speak of."""
    for alarm in plan.alarms:
        dynamodb.transact(Delete(_key(alarm, plan)))


def _partition(alarm: str) -> str:
    return f"alarm#{alarm}"


def _key(alarm: str, plan: Plan) -> dynamodb.Key:
    return _partition(alarm), f"target#{plan.target}#release#{plan.release}"
