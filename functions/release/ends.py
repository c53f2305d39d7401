"""By what each release ends: told by the state that reaches FinishRelease."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from release import guards, plan, record, trigger
from release.errors import ReleaseStaleError
from release.plan import Failure, Rollback, RolledBack, State

_OPEN = {"in_progress", "promoted"}


def of(state: dict[str, Any]) -> list[RolledBack]:
    """The release machine's own release, or those that the rollback machine was started for."""
    if "plan" in state:
        return [_own(plan.parse_state(state))]
    if "rollbackFailure" in state:
        return _failed(state)
    return msgspec.convert(state["rollback"], Rollback).releases


def _failed(state: dict[str, Any]) -> list[RolledBack]:
    """RollBack itself failed: what it had not ended by then has not been rolled back."""
    why = msgspec.convert(state["rollbackFailure"], Failure).sentence
    if "rollback" in state:
        meant = msgspec.convert(state["rollback"], Rollback).releases
    else:
        meant = _meant(trigger.parse(state["event"]))
    return [
        each if each.outcome else replace(each, outcome="rollback_failed", reason=why)
        for each in meant
    ]


def _own(state: State) -> RolledBack:
    release = state.plan.release
    if state.rollback_failure:
        reason = state.rollback_failure.sentence
        return RolledBack(release=release, outcome="rollback_failed", reason=reason)
    if state.rollback:
        done = RolledBack(release=release, outcome="rolled_back", reason="rolled back already")
        return next(iter(state.rollback.releases), done)
    if state.refusal:
        return RolledBack(release=release, outcome="refused", reason=state.refusal.sentence)
    if state.canary and state.canary.verdict == "promote":
        return RolledBack(release=release, outcome="promoted", reason=state.canary.reason)
    raise ReleaseStaleError(f"release {release} has no end to finish; start a new execution")


def _meant(event: trigger.Trigger) -> list[RolledBack]:
    """What RollBack would have rolled back, had it come that far."""
    if isinstance(event, trigger.Alarm):
        newest_last = reversed(guards.guarded_by(event.alarm_name, event.at))
        names = list({guard.target: guard.release for guard in newest_last}.values())
    else:
        names = [event.release]
    found = [record.find(name) for name in names]
    return [RolledBack(release=each.release) for each in found if each and each.outcome in _OPEN]
