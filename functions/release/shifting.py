"""What is written into a release's item while its traffic shifts: by one state after the other."""

from __future__ import annotations

import time

import msgspec

from release import guards, record
from release.aws import dynamodb
from release.aws.dynamodb import Attr, Check, ConditionFailedError, Put, Update
from release.baseline import Baseline
from release.errors import ReleaseStaleError
from release.plan import Plan


def begin(plan: Plan, new_version: str, baseline: Baseline) -> None:
    """
    Say that traffic may shift from now on; from here on the way out is RollBack.

    What the stable version was like is frozen with it. ReleaseStaleError if a rollback was asked
    for or the release is over; also if the one that serves is being undone, which moves the alias
    from under this one.
    """
    now = int(time.time())
    frozen = msgspec.to_builtins(baseline)
    _set_or_stale(
        plan.release,
        {"trafficStartedAt": now, "newVersion": new_version, "baseline": frozen},
        Put(
            record.serving_key(plan.target),
            {"release": plan.release, "stableVersion": plan.stable_version},
        ),
        *_serving_stays(plan),
    )
    guards.begin(plan, now)


def _serving_stays(plan: Plan) -> list[Check]:
    """That nobody has asked to undo the promoted release that serves now."""
    serving = dynamodb.get(record.serving_key(plan.target))
    if serving is None or serving["release"] == plan.release:
        return []
    undone = Attr("rollbackRequested").exists() & Attr("outcome").eq("promoted")
    return [Check(record.release_key(serving["release"]), ~undone)]


def note_deployment(release: str, deployment_id: str, deadline: int) -> None:
    """Keep the deployment's id, and when it shifts the last of the traffic (epoch seconds)."""
    _set(release, {"deploymentId": deployment_id, "deadline": deadline})


def keep_deployment(release: str, deployment_id: str) -> None:
    """Keep the id of a deployment whose own state could not."""
    _set(release, {"deploymentId": deployment_id})


def note_turn(release: str, turn: dict[str, object]) -> None:
    """Keep the latest look at the canary: its verdict and the latest minute's numbers."""
    _set(release, {"latest": turn})


def end_early(release: str) -> int:
    """
    Say that the canary ends before its deadline; returns when that was said first.

    ReleaseStaleError if a rollback was asked for or the release is over.
    """
    ended_at = record.get(release).ended_early_at or int(time.time())
    _set_or_stale(release, {"endedEarlyAt": ended_at})
    return ended_at


def note_shifted(release: str) -> None:
    """Say that the canary that ended early has all traffic only now: its bake begins."""
    _set_or_stale(release, {"endedEarlyAt": int(time.time())})


def decide_promote(release: str) -> bool:
    """Store the decision to promote; False if a rollback was asked for before it."""
    try:
        _set_or_stale(release, {"decision": "promote"})
    except ReleaseStaleError:
        return False
    return True


def _set(release: str, changes: dict[str, object]) -> None:
    dynamodb.update(Update(record.release_key(release), changes, Attr("pk").exists()))


def _set_or_stale(release: str, changes: dict[str, object], *more: Put | Check) -> None:
    """Write, and what goes with it, unless the release is over or a rollback was asked for."""
    wanted = Attr("outcome").eq("in_progress") & Attr("rollbackRequested").not_exists()
    try:
        dynamodb.transact(Update(record.release_key(release), changes, wanted), *more)
    except ConditionFailedError as error:
        raise ReleaseStaleError(
            f"release {release} is over, or a rollback of it, or of what serves, was asked for"
        ) from error
