"""What the turns of a canary write into the release's item: the latest look, and decisions."""

from __future__ import annotations

import time

from release import record
from release.aws import dynamodb
from release.aws.dynamodb import Attr, ConditionFailedError, Update
from release.errors import ReleaseStaleError


def note(release: str, turn: dict[str, object]) -> None:
    """Keep the latest turn: its verdict and the latest minute's numbers."""
    key = record.release_key(release)
    dynamodb.update(Update(key, {"latest": turn}, Attr("pk").exists()))


def decide_promote(release: str) -> bool:
    """Store the decision to promote; False if a rollback was asked for before it."""
    return _set_if_wanted(release, {"decision": "promote"})


def end_early(release: str) -> None:
    """
    Say that the canary ends before its deadline; the first time counts.

    ReleaseStaleError if a rollback was asked for or the release is over.
    """
    ended_at = record.get(release).ended_early_at or int(time.time())
    if not _set_if_wanted(release, {"endedEarlyAt": ended_at}):
        raise ReleaseStaleError(f"release {release} is over, or a rollback of it was asked for")


def _set_if_wanted(release: str, changes: dict[str, object]) -> bool:
    """Write, unless the release is over or a rollback was asked for."""
    wanted = Attr("outcome").eq("in_progress") & Attr("rollbackRequested").not_exists()
    try:
        dynamodb.update(Update(record.release_key(release), changes, wanted))
    except ConditionFailedError:
        return False
    return True
