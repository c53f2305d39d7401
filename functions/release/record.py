"""
The release item: what everyone who acts on a release agrees on.

Outcomes move `in_progress → promoted → rolled_back`, `in_progress → rolled_back | rollback_failed |
refused`, `rollback_failed → rolled_back`, and, before traffic only, `in_progress → failed →
in_progress` by a redrive. Every write here is conditional on what it relies on.
"""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec

from release.aws import dynamodb
from release.aws.dynamodb import Attr, ConditionBase, ConditionFailedError, Put, Update
from release.baseline import Baseline
from release.errors import ReleaseStaleError
from release.plan import Execution, Plan, Probed, Publication, Signing, without_values
from release.scanned import Findings

Outcome = Literal["in_progress", "promoted", "rolled_back", "rollback_failed", "refused", "failed"]
OVER = {"rolled_back", "refused", "failed"}


class RollbackRequest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """
    Who asked for a rollback, why, and when (epoch seconds). An operator may have chosen a version
    other than the stable one, and may have insisted: then an alias that was moved is written too.
    """

    by: str
    reason: str
    at: int
    version: str = ""
    forced: bool = False


class Release(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One release, as stored. Times are seconds since the epoch."""

    release: str
    execution_arn: str
    redrive_count: int
    outcome: Outcome
    plan: Plan
    findings: Findings | None = None
    signing: Signing | None = None
    failed_signing_jobs: list[str] = []
    new_version: str | None = None
    baseline: Baseline = Baseline()
    probe: Probed | None = None
    traffic_started_at: int | None = None
    deployment_id: str | None = None
    deadline: int | None = None
    ended_early_at: int | None = None
    decision: Literal["promote"] | None = None
    rollback_requested: RollbackRequest | None = None
    guard_until: int | None = None
    reason: str = ""
    finished_at: int | None = None
    finished_by: str | None = None
    notified: str | None = None

    @property
    def version_to_restore(self) -> str:
        """Where a rollback leads: the version that an operator chose, else the stable one."""
        asked = self.rollback_requested
        return (asked.version if asked else "") or self.plan.stable_version

    @property
    def is_insisted_on(self) -> bool:
        """Whether an operator wants it undone even where someone else has moved the alias."""
        return self.rollback_requested is not None and self.rollback_requested.forced

    @property
    def notification(self) -> str:
        """The id of the message that tells its outcome; repeats carry the same."""
        chosen = self.rollback_requested.version if self.rollback_requested else ""
        return "/".join(filter(None, [self.release, str(self.redrive_count), self.outcome, chosen]))

    @property
    def is_told(self) -> bool:
        """Whether its outcome was carried out to the end: the message is the last step."""
        return self.notified == self.notification


def release_key(release: str) -> dynamodb.Key:
    """Key of a release's item."""
    return f"release#{release}", "release"


def newest_key(target: str) -> dynamodb.Key:
    """Key of the item that names the newest release of `function:alias`."""
    return f"target#{target}", "newest"


def serving_key(target: str) -> dynamodb.Key:
    """Key of the item that names the release that moved traffic of `function:alias` last."""
    return f"target#{target}", "serving"


def new_item(plan: Plan, execution: Execution) -> Put:
    """The write that begins a release, or begins it again before anything was done."""
    mine = Attr("executionArn").eq(execution.arn) & Attr("redriveCount").lte(
        execution.redrive_count
    )
    item = Release(
        release=plan.release,
        execution_arn=execution.arn,
        redrive_count=execution.redrive_count,
        outcome="in_progress",
        plan=without_values(plan),
    )
    return Put(
        release_key(plan.release),
        msgspec.to_builtins(item) | {"plan": msgspec.json.encode(item.plan).decode()},
        Attr("pk").not_exists() | (mine & _is("in_progress", "failed") & _no_traffic()),
    )


def resume(plan: Plan, execution: Execution) -> Update:
    """The write by which an execution goes on with its release, also after a redrive."""
    return Update(
        release_key(plan.release),
        {
            "outcome": "in_progress",
            "redriveCount": execution.redrive_count,
            "finishedBy": None,
            "finishedAt": None,
        },
        Attr("executionArn").eq(execution.arn)
        & Attr("redriveCount").lte(execution.redrive_count)
        & Attr("rollbackRequested").not_exists()
        & (_is("in_progress") | (_is("failed") & _no_traffic())),
    )


def find(release: str) -> Release | None:
    """The release, or None where none of that id ever took its lock."""
    item = dynamodb.get(release_key(release))
    return _release(item) if item else None


def get(release: str) -> Release:
    """The release; ReleaseStaleError where its item is gone."""
    found = find(release)
    if found is None:
        raise ReleaseStaleError(f"release {release} has no item in the table any more")
    return found


def note_findings(release: str, findings: Findings) -> None:
    """Keep what the findings gate has seen, also where it stops the release."""
    dynamodb.update(
        Update(release_key(release), {"findings": msgspec.to_builtins(findings)}, _exists())
    )


def note_signing(release: str, signing: Signing) -> None:
    """Keep which job signed the package, and where the signed object is."""
    dynamodb.update(
        Update(release_key(release), {"signing": msgspec.to_builtins(signing)}, _exists())
    )


def note_failed_job(release: Release, job_id: str) -> None:
    """Count a failed signing job, so that a redrive starts another one."""
    jobs = [*release.failed_signing_jobs, job_id]
    dynamodb.update(Update(release_key(release.release), {"failedSigningJobs": jobs}, _exists()))


def note_version(release: str, publication: Publication) -> None:
    """Keep the version that was published."""
    dynamodb.update(Update(release_key(release), {"newVersion": publication.version}, _exists()))


def note_probe(release: str, probed: Probed) -> None:
    """Keep how the new version answered the probe's events."""
    dynamodb.update(Update(release_key(release), {"probe": msgspec.to_builtins(probed)}, _exists()))


def request_rollback(
    release: str, by: str, reason: str, speaks_of: float | None = None
) -> Release | None:
    """
    Ask for a rollback, once; returns the release, or None where there is nothing to roll back.

    Only a release whose traffic has started can be meant. Who asks may speak of a moment (epoch
    seconds), as an alarm does: traffic must have started by then; and then a promoted release is
    meant too, if the moment is within its guard window.
    """
    meant = Attr("trafficStartedAt").exists() & _is("in_progress", "rollback_failed")
    if speaks_of is not None:
        guarded = _is("promoted") & Attr("guardUntil").gte(int(speaks_of))
        young = Attr("trafficStartedAt").lte(int(speaks_of))
        meant = young & (_is("in_progress", "rollback_failed") | guarded)
    asked = RollbackRequest(by, reason, int(time.time()))
    return _request(release, asked, meant & Attr("rollbackRequested").not_exists())


def insist_on_rollback(release: str, by: str, reason: str, version: str = "") -> Release | None:
    """
    An operator asks, whatever was asked before and however long ago the release was promoted. A
    `version` that is given is to serve, also after a rollback.
    """
    asked = RollbackRequest(by, reason, int(time.time()), version, forced=True)
    open_ones = [
        "in_progress",
        "rollback_failed",
        "promoted",
        *(["rolled_back"] if version else []),
    ]
    return _request(release, asked, Attr("trafficStartedAt").exists() & _is(*open_ones))


def _request(release: str, asked: RollbackRequest, condition: ConditionBase) -> Release | None:
    request = {"rollbackRequested": msgspec.to_builtins(asked)}
    try:
        return _release(dynamodb.update(Update(release_key(release), request, condition)))
    except ConditionFailedError:
        found = find(release)
        is_asked = found is not None and found.rollback_requested is not None
        return found if found and is_asked and found.outcome not in OVER else None


def fail(release: str, reason: str, redrive_count: int) -> bool:
    """End a release before its traffic, so that no straggler can start it; False if one has."""
    try:
        dynamodb.update(
            Update(
                release_key(release),
                {"outcome": "failed", "reason": reason},
                _is("in_progress") & _no_traffic() & Attr("redriveCount").lte(redrive_count),
            )
        )
    except ConditionFailedError:
        return False
    return True


def finish(
    release: Release, outcome: Outcome, reason: str, by: Execution, owner_redrives: int
) -> Release | None:
    """
    Store the outcome; returns the release, or None where the transition is not allowed.

    Repeating a transition that was not carried out to its end changes nothing. `owner_redrives` is
    the redrive count at which the release's own execution is known to be over, or acting.
    """
    now = int(time.time())
    guard = now + release.plan.policy.guard_minutes * 60 if outcome == "promoted" else None
    changes: dict[str, Any] = {
        "outcome": outcome,
        "reason": reason,
        "finishedAt": now,
        "finishedBy": by.arn,
        "guardUntil": guard,
    }
    condition = _FROM[outcome]
    if outcome == "rolled_back" and release.version_to_restore != release.plan.stable_version:
        condition |= _is("rolled_back") & Attr("finishedBy").ne(by.arn)  # another version now
    condition &= Attr("redriveCount").lte(owner_redrives)
    if outcome == "failed":
        condition &= Attr("finishedBy").not_exists()
    try:
        return _release(dynamodb.update(Update(release_key(release.release), changes, condition)))
    except ConditionFailedError:
        found = get(release.release)
        begun = {by.arn, release.execution_arn}  # who acts, and who died before all was done
        return found if found.outcome == outcome and found.finished_by in begun else None


def note_notified(release: str, notification: str) -> None:
    """Remember which notification was sent last."""
    dynamodb.update(Update(release_key(release), {"notified": notification}, _exists()))


def _is(*outcomes: str) -> ConditionBase:
    return Attr("outcome").is_in(list(outcomes))


def _exists() -> ConditionBase:
    return Attr("pk").exists()


def _no_traffic() -> ConditionBase:
    return Attr("trafficStartedAt").not_exists()


_FROM: dict[Outcome, ConditionBase] = {
    "promoted": _is("in_progress") & Attr("rollbackRequested").not_exists(),
    "rolled_back": _is("in_progress", "promoted", "rollback_failed"),
    "rollback_failed": _is("in_progress", "promoted"),
    "refused": _is("in_progress") & _no_traffic(),
    "failed": _is("in_progress", "failed") & _no_traffic(),
}


def _release(item: dict[str, Any]) -> Release:
    """The plan is stored as one JSON text: it never changes, and no condition looks into it."""
    return msgspec.convert(item | {"plan": msgspec.json.decode(item["plan"])}, Release)
