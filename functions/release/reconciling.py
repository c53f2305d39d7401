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

from release import environment, foreign_moves, lock, lost_events, pointer, record
from release.aws import dynamodb, stepfunctions
from release.aws.dynamodb import Put
from release.lock import Holder
from release.observability import logger
from release.pointer import Pointer

_BUDGET_SECONDS = 40  # of the function's 60
_CURSOR = ("reconcile", "cursor")


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
    found = [_found(name, holders) for name in _releases(known, holders)]
    if any(each.is_running for each in found):
        return []
    events = [each.event for each in found if each.event]
    if known and not (events or holders):
        foreign_moves.report(target, known)
    return [_start(event) for event in events]


def _found(release: str, holders: Sequence[Holder]) -> lost_events.Found:
    held = [holder for holder in holders if holder.release == release]
    return lost_events.look_for(record.find(release), held)


def _start(event: lost_events.Event) -> str:
    return stepfunctions.start_execution(environment.read().rollback_state_machine_arn, event)


def _releases(known: Pointer | None, holders: Sequence[Holder]) -> list[str]:
    """Those that hold a lock of the alias, and the last one that ended with traffic."""
    return sorted({holder.release for holder in holders} | ({known.release} if known else set()))


def _after_cursor(names: list[str]) -> list[str]:
    after = (dynamodb.get(_CURSOR) or {}).get("after", "")
    return [name for name in names if name > after] or names


def _keep_cursor(after: str | None) -> None:
    """Only a run that did not come to the end writes; one that did begins anew next time."""
    stored = dynamodb.get(_CURSOR)
    if after or stored:
        dynamodb.put(Put(_CURSOR, {"after": after or ""}))
