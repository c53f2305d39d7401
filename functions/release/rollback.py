"""
RollBack: the one way back, whoever asks.

A turn stops our deployment, points the alias to the stable version if it is not whole on it, and is
repeated until CodeDeploy has nothing left to do and two turns saw the alias whole.
"""

from __future__ import annotations

import time
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from release import asking, guards, record, shifting, trigger
from release.aws import awslambda, codedeploy, failures, stepfunctions
from release.aws.awslambda import Alias, PreconditionFailedError
from release.errors import AliasMovedError, AwsUnavailableError
from release.observability import logger
from release.plan import Execution, Rollback, RolledBack, parse_state
from release.record import Release

_POLL_SECONDS = 15
_RETRY_SECONDS = 3
_STRAGGLER_SECONDS = 120  # beyond the 60 s of a handler
_DEADLINE_SECONDS = 30 * 60
_WHOLE_READS = 2


_Meant: TypeAlias = list[tuple[RolledBack, Release | None]]


def turn(execution: Execution, state: dict[str, Any]) -> Rollback:
    """
    One turn for every release that is meant; one that is in trouble does not hold up the others.

    `state` is the release machine's, or has as `event` what started the rollback machine: an
    alarm's or an execution's state change, as EventBridge sends it, or an operator's request.
    InvalidRequestError for others.
    """
    if "rollback" in state:
        before = msgspec.convert(state["rollback"], Rollback)
        started_at = before.started_at
        meant: _Meant = [(each, None) for each in before.releases]
    else:
        started_at = int(time.time())
        meant = _meant(execution, state)
    turns = [
        (each, False) if each.outcome else _attempt(each, release, started_at)
        for each, release in meant
    ]
    releases = [each for each, _ in turns]
    over = all(each.outcome for each in releases)
    return Rollback(
        status="SUCCEEDED" if over else "IN_PROGRESS",
        wait_seconds=_RETRY_SECONDS if any(trouble for _, trouble in turns) else _POLL_SECONDS,
        started_at=started_at,
        releases=releases,
    )


def _meant(execution: Execution, state: dict[str, Any]) -> _Meant:
    """Which releases are to be rolled back, with their items as far as they were read."""
    if "plan" in state:
        return _own(execution, state)
    event = trigger.parse(state["event"])
    if isinstance(event, trigger.Alarm):
        return _guarded_by_alarm(event)
    if isinstance(event, trigger.OperatorRequest):
        return [_begun(*asking.begin(execution, event))]
    if isinstance(event, trigger.Resumption):
        return _resumed(event)
    return _of_dead_execution(event)


def _own(execution: Execution, state: dict[str, Any]) -> _Meant:
    """The release machine rolls back its own release."""
    own = parse_state(state)
    if own.failure:
        reason = own.failure.sentence
    else:
        reason = own.canary.reason if own.canary else "no verdict was reached"
    release = record.get(own.plan.release)
    meant = _requested(release, execution.arn, reason, execution.redrive_count)
    return [(replace(each, reason=reason), release) for each, release in meant]


def _guarded_by_alarm(alarm: trigger.Alarm) -> _Meant:
    """
    Of each alias, the newest release that the alarm guards: in flight, or promoted and still in its
    window. An older one is meant only once the newer one is undone.
    """
    if alarm.state.value != "ALARM":
        return []
    name = alarm.alarm_name
    reason = f"alarm {name} is in ALARM ({alarm.state.reason})"
    begun: dict[str, Release] = {}
    for guard in guards.guarded_by(name, alarm.at):
        if guard.target not in begun:
            release = record.request_rollback(
                guard.release, f"alarm {name}", reason, speaks_of=alarm.at
            )
            if release:
                begun[guard.target] = release
    return [_begun(release, reason) for release in begun.values()]


def _of_dead_execution(ended: trigger.EndedExecution) -> _Meant:
    """The release of an execution that ended without ending its release."""
    release = record.find(ended.release)
    if release is None or release.execution_arn != ended.execution_arn:
        return []
    if not _is_dead(ended):
        return []
    if release.outcome != "in_progress":
        return [] if release.is_told else [_ended(release, release.outcome, release.reason)]
    reason = f"execution {ended.status}: {ended.error or 'no error given'}"
    if release.decision == "promote" and release.rollback_requested is None:
        return [_ended(release, "promoted", reason)]
    return _requested(release, ended.execution_arn, reason, ended.redrives)


def _resumed(resumption: trigger.Resumption) -> _Meant:
    """
    A rollback that was asked for and is not over, or that failed before it could be asked for;
    nobody can ask for a new one this way.
    """
    release = record.find(resumption.release)
    if release is None or not (release.rollback_requested or release.outcome == "rollback_failed"):
        return []
    begun = record.request_rollback(release.release, "reconcile", release.reason)
    return [_begun(begun, release.reason)] if begun else []


def _is_dead(ended: trigger.EndedExecution) -> bool:
    """
    Whether the execution has not been redriven since the event.

    DescribeExecution may lag behind the event: AwsUnavailableError, to be asked again, while it
    still says that this very run goes on.
    """
    now = stepfunctions.describe_execution(ended.execution_arn)
    if now is None:
        return True  # executions are forgotten 90 days after their end
    if now.redrive_count > ended.redrives:
        return False
    if not now.is_over or now.redrive_count < ended.redrives:
        raise AwsUnavailableError(
            f"DescribeExecution says {now.status} of {ended.execution_arn}, which has ended"
        )
    return True


def _requested(release: Release, by: str, reason: str, redrive_count: int) -> _Meant:
    """Before traffic there is nothing to put back: the release has failed."""
    if not release.traffic_started_at and record.fail(release.release, reason, redrive_count):
        return [_ended(release, "failed", reason)]
    begun = record.request_rollback(release.release, by, reason)
    return [_begun(begun, reason)] if begun else []


def _ended(release: Release, outcome: record.Outcome, reason: str) -> tuple[RolledBack, Release]:
    """Nothing to roll back, only to finish."""
    ended = msgspec.convert(
        {"release": release.release, "outcome": outcome, "reason": reason}, RolledBack
    )
    return ended, release


def _begun(release: Release, reason: str) -> tuple[RolledBack, Release]:
    asked = release.rollback_requested
    return RolledBack(release=release.release, reason=asked.reason if asked else reason), release


def _attempt(
    before: RolledBack, release: Release | None, started_at: int
) -> tuple[RolledBack, bool]:
    """One release, one turn, and whether something was in its way."""
    try:
        after, trouble = _step(before, release or record.get(before.release)), ""
    except Exception as error:
        trouble = f"{type(error).__name__}: {error}"
        if not failures.is_unavailable(error):
            why = f"{before.reason}; {trouble}"
            return replace(before, outcome="rollback_failed", reason=why), False
        logger.warning(trouble)
        after = replace(before, whole_reads=0)
    if not after.outcome and time.time() - started_at > _DEADLINE_SECONDS:
        minutes = _DEADLINE_SECONDS // 60
        why = f"{before.reason}; not settled after {minutes} minutes {trouble}".rstrip()
        return replace(after, outcome="rollback_failed", reason=why), False
    return after, bool(trouble)


def _step(before: RolledBack, release: Release) -> RolledBack:
    """Stop the deployment, then look at the alias, whatever came of stopping."""
    trouble: Exception | None = None
    deployment_id = release.deployment_id
    try:
        deployment_id = deployment_id or _find_deployment(release)
        if deployment_id:
            codedeploy.stop_deployment(deployment_id)
    except Exception as error:
        trouble = error
    alias = awslambda.get_alias(release.plan.function, release.plan.alias)
    try:
        after = _look(before, release, alias, deployment_id)
    except PreconditionFailedError:
        after = replace(before, whole_reads=0)  # another writer was faster: look again next turn
    if trouble:
        raise trouble
    return after


def _look(
    before: RolledBack, release: Release, alias: Alias | None, deployment_id: str | None
) -> RolledBack:
    """Count a whole alias, or point it to the stable version if it is ours to point."""
    plan = release.plan
    if alias is None:
        raise AliasMovedError(f"alias {plan.target} is gone")
    if alias.serves_only(release.version_to_restore):
        if not _is_settled(release, deployment_id):
            return replace(before, whole_reads=0)
        reads = before.whole_reads + 1
        return replace(
            before, whole_reads=reads, outcome="rolled_back" if reads >= _WHOLE_READS else ""
        )
    if not _may_be_written(alias, release, deployment_id):
        raise AliasMovedError(
            f"alias {plan.target} serves {alias}, which is not this release's doing; it is left. "
            f"To go back all the same, type: canary rollback {plan.function} --force"
        )
    restored = release.version_to_restore
    awslambda.point_alias(plan.function, plan.alias, restored, alias.revision_id)
    return replace(before, whole_reads=0)


def _may_be_written(alias: Alias, release: Release, deployment_id: str | None) -> bool:
    """Whether the alias is where this release or CodeDeploy put it, or an operator insists."""
    ours = {release.plan.stable_version, release.new_version, release.version_to_restore}
    if alias.versions <= ours or release.is_insisted_on:
        return True
    return _is_from_codedeploy(alias, deployment_id)


def _find_deployment(release: Release) -> str | None:
    """The deployment of a release whose execution died before it could keep the id."""
    traffic = release.plan.traffic
    found = codedeploy.find_deployment(
        traffic.application, traffic.group, release.release, release.plan.planned_at
    )
    if found is None:
        return None
    shifting.keep_deployment(release.release, found.id)
    return found.id


def _is_settled(release: Release, deployment_id: str | None) -> bool:
    """Whether CodeDeploy is done with the alias: our deployment and its rollback are over."""
    if deployment_id is None:
        # A handler that outlived its execution may still create one.
        return time.time() - (release.traffic_started_at or 0) > _STRAGGLER_SECONDS
    deployment = codedeploy.get_deployment(deployment_id)
    if not deployment.is_over:
        return False
    rollback = deployment.rollback_id
    return rollback is None or codedeploy.get_deployment(rollback).is_over


def _is_from_codedeploy(alias: Alias, deployment_id: str | None) -> bool:
    """Whether CodeDeploy's own rollback of our deployment put the alias where it is."""
    if deployment_id is None or not alias.is_whole:
        return False
    rollback = codedeploy.get_deployment(deployment_id).rollback_id
    return rollback is not None and codedeploy.target_version(rollback) == alias.version
