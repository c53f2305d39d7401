"""What a lost event would have told the rollback machine of one release."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from release import alarms, lock, targets, trigger
from release.aws import awslambda, cloudwatch, stepfunctions
from release.aws.stepfunctions import ExecutionState
from release.lock import Holder
from release.record import Release

_LATE_SECONDS = 30 * 60  # two periods: until then an alarm of the guard window is looked for

Event = dict[str, object]


class Found(msgspec.Struct, frozen=True):
    """What the rollback machine must be told, if anything; or that the release's execution runs."""

    event: Event | None = None
    is_running: bool = False


def look_for(release: Release | None, held: Sequence[Holder]) -> Found:
    """What is lost of a release whose locks are `held`; locks that outlived it are freed."""
    is_done = _is_done(release)
    if is_done and not held:
        return Found(_of_finished(release))
    arn, redrives = _owner(release, held)
    owner = stepfunctions.describe_execution(arn) or ExecutionState("forgotten", redrives)
    if not (owner.is_over or owner.status == "forgotten"):
        return Found(is_running=True)
    if not is_done:
        return Found(trigger.ended_event(arn, owner.status, owner.redrive_count, owner.error))
    for holder in held:
        lock.free_of(holder, owner.redrive_count)
    return Found(_of_finished(release))


def _is_done(release: Release | None) -> bool:
    return release is None or (release.outcome != "in_progress" and release.is_told)


def _owner(release: Release | None, held: Sequence[Holder]) -> tuple[str, int]:
    """The execution, and the redrive count, that the release or its lock names."""
    owner = release or held[0]
    return owner.execution_arn, owner.redrive_count


def _of_finished(release: Release | None) -> Event | None:
    """A finished release may have to go back nevertheless: it was asked for, or an alarm is red."""
    if release is None or release.outcome not in {"promoted", "rollback_failed"}:
        return None
    if release.rollback_requested or release.outcome == "rollback_failed":
        return _resumption(release)
    return _red_alarm(release)


def _resumption(release: Release) -> Event | None:
    """
    Go on with a rollback, as long as the alias still serves what was to be rolled back, and nobody
    has begun another release since.
    """
    plan = release.plan
    newest = targets.newest(plan.target)
    alias = awslambda.get_alias(plan.function, plan.alias)
    ours = {plan.stable_version, release.new_version, release.version_to_restore}
    if alias is None or newest is None or newest.release != release.release:
        return None
    if release.outcome == "rollback_failed" and not alias.versions <= ours:
        return None  # told already: it is not ours to point
    return {"schema": 1, "release": release.release}


def _red_alarm(release: Release) -> Event | None:
    """The alarm that should have rolled a promoted release back, as its event would say it."""
    if release.guard_until is None or time.time() > release.guard_until + _LATE_SECONDS:
        return None
    found = cloudwatch.get_alarms(release.plan.alarms)
    for each in alarms.red_alarms(found):
        alarm = trigger.Alarm(each.name, trigger.AlarmState("ALARM", each.since, each.reason))
        is_its_own = (release.traffic_started_at or 0) <= alarm.at <= release.guard_until
        if is_its_own and release.release in {one.release for one in targets.meant_by(alarm)}:
            return trigger.alarm_event(alarm)
    return None
