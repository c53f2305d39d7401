"""By what each release ends: told by the state that reaches FinishRelease."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from release import plan, targets, trigger
from release.errors import (
    InvalidRequestError,
    NothingToRollBackError,
    ReleaseStaleError,
    TargetNotReadyError,
)
from release.plan import Failure, Rollback, RolledBack, State

_REFUSALS = {
    each.__name__: each
    for each in (InvalidRequestError, NothingToRollBackError, TargetNotReadyError)
}


def of(state: dict[str, Any]) -> list[RolledBack]:
    """The release machine's own release, or those that the rollback machine was started for."""
    if "plan" in state:
        return [_own(plan.parse_state(state))]
    if "rollbackFailure" in state:
        return _failed(state)
    return msgspec.convert(state["rollback"], Rollback).releases


def _failed(state: dict[str, Any]) -> list[RolledBack]:
    """RollBack itself failed: what it had not ended by then has not been rolled back."""
    failure = msgspec.convert(state["rollbackFailure"], Failure)
    return [
        each if each.outcome else replace(each, outcome="rollback_failed", reason=failure.sentence)
        for each in _meant(state, failure)
    ]


def _meant(state: dict[str, Any], failure: Failure) -> list[RolledBack]:
    """What RollBack was about; if it refused that, the execution ends with the refusal."""
    if "rollback" in state:
        return msgspec.convert(state["rollback"], Rollback).releases
    if failure.error in _REFUSALS:
        raise _REFUSALS[failure.error](failure.message)
    event = trigger.parse(state["event"])
    return [RolledBack(release=each.release) for each in targets.meant_by(event)]


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
