"""The minutes of a canary: what both versions served, as the statistics take it."""

from __future__ import annotations

import dataclasses

from release.aws import cloudwatch
from release.aws.cloudwatch import Thresholds
from release.plan import Plan
from release.statistics import Counts, Minute

_MINUTES_TO_TELL_APART = 3
_NOTHING = Counts()
_PerMinute = dict[int, Counts]


def read(
    plan: Plan, canary: str, over: Thresholds, start: int, now: int, completed_at: int | None
) -> list[Minute]:
    """
    All complete minutes since `start`, anew each time: late data corrects earlier minutes.

    `completed_at` is when all traffic had shifted to version `canary`. Times in epoch seconds.
    """
    first, end = start // 60 * 60, now // 60 * 60
    if end <= first:
        return []
    counts, throttles = cloudwatch.served(
        plan.function, plan.alias, [canary, plan.stable_version], over, first, end
    )
    shifted = end if completed_at is None else completed_at // 60 * 60
    return assemble(counts[canary], counts[plan.stable_version], counts[""], throttles, shifted)


def assemble(
    canary: _PerMinute,
    stable: _PerMinute,
    alias: _PerMinute,
    throttles: dict[int, int],
    shifted: int,
) -> list[Minute]:
    """
    The minutes of an alias all of whose traffic has shifted in the minute `shifted`.

    AWS need not tell versions apart from then on: what is not the stable version's is the canary's.
    The canary's first minute, with its cold starts, does not count for latency.
    """
    apart = bool(canary or stable) or _is_too_early(alias, shifted)
    minutes = []
    for start in sorted(canary.keys() | stable.keys() | alias.keys() | throttles.keys()):
        ours, theirs = canary.get(start, _NOTHING), stable.get(start, _NOTHING)
        if start > shifted or (start == shifted and start in canary):
            ours = alias.get(start, _NOTHING).without(theirs)
        elif not apart and start > min(alias):
            ours = alias.get(start, _NOTHING)
        minutes.append(Minute(start, ours, theirs, throttles.get(start, 0), apart))
    return _without_cold_starts(minutes)


def _is_too_early(alias: _PerMinute, shifted: int) -> bool:
    """
    Whether calls may still turn up that are counted by version. Where they never do, the whole
    alias stands for the canary: it can be held against limits, but not be compared.
    """
    return sum(start < shifted for start in alias) <= _MINUTES_TO_TELL_APART


def _without_cold_starts(minutes: list[Minute]) -> list[Minute]:
    first = next((minute.start for minute in minutes if minute.canary.calls), None)
    return [
        dataclasses.replace(minute, canary=minute.canary.untimed())
        if minute.start == first
        else minute
        for minute in minutes
    ]
