"""
Reconcile: what lost events leave is found here, and mended by the one way back.

Nothing is rolled back here: the rollback machine gets what the lost event would have said. Only a
lock that outlived a finished release is freed at once. An alias whose release still runs is left.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from release import (
    alarms,
    environment,
    foreign_moves,
    lock,
    pointer,
    record,
    targets,
    trigger,
)
from release.aws import awslambda, cloudwatch, dynamodb, stepfunctions
from release.aws.dynamodb import Put
from release.aws.stepfunctions import ExecutionState
from release.lock import Holder
from release.observability import logger
from release.pointer import Pointer
from release.record import Release

_BUDGET_SECONDS = 40  # of the function's 60
_LATE_SECONDS = 30 * 60  # two periods: until then an alarm of the guard window is looked for
_CURSOR = ("reconcile", "cursor")

Event = dict[str, object]


class Reconciled(msgspec.Struct, frozen=True, rename="camel"):
    """How many aliases were looked at, how many are left for the next time, what was started."""

    checked: int
    left: int
    started: list[str]


def reconcile() -> Reconciled:
    """
    Look at each alias, as far as time allows: the next run begins where this one has stopped.

    An alias that is in trouble does not hold up the others; its error is raised at the end.
    """
    until = time.time() + _BUDGET_SECONDS
    holders: dict[str, list[Holder]] = defaultdict(list)
    for holder in lock.held():
        holders[holder.target].append(holder)
    pointers = pointer.every()
    waiting = _after_cursor(sorted(holders.keys() | pointers.keys()))
    checked, started, failed = 0, list[str](), list[Exception]()
    while waiting and time.time() < until:
        target = waiting.pop(0)
        checked += 1
        try:
            started += _look(target, pointers.get(target), holders[target])
        except Exception as error:
            logger.exception(f"{target} could not be looked at")
            failed.append(error)
    _keep_cursor(target if waiting else None)
    if failed:
        raise failed[0]
    return Reconciled(checked, len(waiting), started)


def _look(target: str, known: Pointer | None, holders: Sequence[Holder]) -> list[str]:
    """Look at one alias; returns the executions of the rollback machine that it needs."""
    names = {holder.release for holder in holders} | ({known.release} if known else set())
    events: list[Event] = []
    for name in sorted(names):
        held = [holder for holder in holders if holder.release == name]
        event, is_running = _look_at(record.find(name), held)
        if is_running:
            return []
        events += [event] if event else []
    if known and not events and not holders:
        foreign_moves.report(target, known)
    machine = environment.read().rollback_state_machine_arn
    return [stepfunctions.start_execution(machine, event) for event in events]


def _look_at(release: Release | None, held: Sequence[Holder]) -> tuple[Event | None, bool]:
    """What the rollback machine must be told of a release, and whether its execution still runs."""
    is_done = release is None or (release.outcome != "in_progress" and release.is_told)
    if is_done and not held:
        return (_of_finished(release) if release else None), False
    arn = release.execution_arn if release else held[0].execution_arn
    redrives = release.redrive_count if release else held[0].redrive_count
    owner = stepfunctions.describe_execution(arn) or ExecutionState("forgotten", redrives)
    if not (owner.is_over or owner.status == "forgotten"):
        return None, True
    if not is_done:
        return trigger.ended_event(arn, owner.status, owner.redrive_count, owner.error), False
    for holder in held:
        lock.free_of(holder, owner.redrive_count)
    return (_of_finished(release) if release else None), False


def _of_finished(release: Release) -> Event | None:
    """A finished release may have to go back nevertheless: it was asked for, or an alarm is red."""
    if release.outcome not in {"promoted", "rollback_failed"}:
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


def _after_cursor(names: list[str]) -> list[str]:
    after = (dynamodb.get(_CURSOR) or {}).get("after", "")
    return [name for name in names if name > after] or names


def _keep_cursor(after: str | None) -> None:
    """Only a run that did not come to the end writes; one that did begins anew next time."""
    stored = dynamodb.get(_CURSOR)
    if after or stored:
        dynamodb.put(Put(_CURSOR, {"after": after or ""}))
