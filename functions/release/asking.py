"""What an operator asks for: refused before anything is written, or begun."""

from __future__ import annotations

import time

from release import emergency, record, restorable, targets
from release.errors import NothingToRollBackError, TargetNotReadyError
from release.plan import Execution
from release.record import Release
from release.trigger import OperatorRequest


def begin(execution: Execution, asked: OperatorRequest) -> tuple[Release, str]:
    """
    The release that is to be undone, and why. A retry finds what the first try has begun.

    InvalidRequestError, NothingToRollBackError or TargetNotReadyError, and nothing is changed.
    """
    reason = f"an operator asked for it: {asked.reason}"
    by = f"an operator ({execution.name})"
    if asked.mode == "emergency":
        return _at_once(asked, by, reason)
    begun_before = targets.requested_by(asked.target, by)
    if begun_before:
        return begun_before, reason
    alias = targets.require_alias(asked.function, asked.alias)
    release = targets.to_undo(asked.target, forced=asked.force, version=asked.version)
    targets.require_confirmed(asked, alias, release)
    if asked.version and asked.version != release.plan.stable_version:
        _require_restorable(asked.function, asked.version)
    begun = _request(release.release, asked, by, reason)
    if begun is None:
        raise NothingToRollBackError(
            f"release {release.release} of {asked.target} ended at this very moment: ask again. "
            "Nothing changed."
        )
    return begun, reason


def _at_once(asked: OperatorRequest, by: str, reason: str) -> tuple[Release, str]:
    """The alias first, then the item; what would have said no is part of the reason."""
    release = emergency.restore(asked)
    reason = "; ".join([reason, *emergency.doubts(asked, release)])
    begun = record.insist_on_rollback(release.release, by, reason, asked.version or "")
    return begun or release, reason


def _request(release: str, asked: OperatorRequest, by: str, reason: str) -> Release | None:
    if asked.version or asked.force:
        return record.insist_on_rollback(release, by, reason, asked.version or "")
    return record.request_rollback(release, by, reason, speaks_of=time.time())


def _require_restorable(function: str, version: str) -> None:
    problem = restorable.problem(function, version)
    if problem:
        raise TargetNotReadyError(
            f"{problem}. Choose another version, or in an emergency use mode emergency. "
            "Nothing changed."
        )
