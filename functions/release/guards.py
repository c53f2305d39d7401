"""
What an alarm guards: one item for each alarm and release, from the release's traffic on.

So an alarm is resolved by one Query, and a release that failed does not take the guard away from
the promoted one before it.
"""

from __future__ import annotations

import msgspec

from release.aws import dynamodb
from release.aws.dynamodb import Attr, ConditionFailedError, Put, Update
from release.plan import Plan

_DAY = 86400
_LAG_SECONDS = 3 * 60  # until a call is in a metric, and the metric in an alarm
_SLACK_SECONDS = 4 * 3600  # what shifting and judging may take beyond its plan


class Guard(msgspec.Struct, frozen=True, rename="camel"):
    """
    An alarm guards a release. Times are seconds since the epoch.

    `echo` is how long after the release was undone, at `ended_at`, the alarm may still go red
    because of it.
    """

    release: str
    target: str
    since: int
    until: int
    echo: int
    ended_at: int | None = None

    def is_echoed(self, at: float) -> bool:
        """Whether an alarm of this moment may still speak of the undone release."""
        return self.ended_at is not None and at <= self.ended_at + self.echo


def begin(plan: Plan, now: int) -> None:
    """Let the alarms of the release's deployment group guard it."""
    length = (plan.traffic.minutes + plan.policy.bake_minutes + plan.policy.guard_minutes) * 60
    until = now + length + _SLACK_SECONDS
    guard = Guard(plan.release, plan.target, now, until, plan.alarm_window_seconds + _LAG_SECONDS)
    stored = msgspec.to_builtins(guard) | {"expiresAt": guard.until + _DAY}
    for alarm in plan.alarms:
        dynamodb.put(Put(_key(alarm, plan), stored))


def guarded_by(alarm: str, at: float) -> list[Guard]:
    """
    What an alarm guarded at a moment, the newest first.

    Right after a release was undone the alarm still sees its minutes: what it says then is not said
    of the release before it.
    """
    found = [msgspec.convert(item, Guard) for item in dynamodb.query(_partition(alarm))]
    echoed = {each.target: each.since for each in found if each.is_echoed(at)}
    guarded = [
        each
        for each in found
        if each.until >= at and each.ended_at is None and each.since > echoed.get(each.target, 0)
    ]
    return sorted(guarded, key=lambda each: -each.since)


def end(plan: Plan, now: int) -> None:
    """A release that did not last is no longer what its alarms speak of, after an echo."""
    for alarm in plan.alarms:
        begun = Attr("pk").exists() & Attr("endedAt").not_exists()
        try:
            dynamodb.update(Update(_key(alarm, plan), {"endedAt": now}, begun))
        except ConditionFailedError:
            continue  # never begun, or ended before


def _partition(alarm: str) -> str:
    return f"alarm#{alarm}"


def _key(alarm: str, plan: Plan) -> dynamodb.Key:
    return _partition(alarm), f"target#{plan.target}#release#{plan.release}"
