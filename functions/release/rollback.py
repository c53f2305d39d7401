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

from release import record, trigger
from release.aws import awslambda, codedeploy, dynamodb, stepfunctions
from release.aws.awslambda import Alias, PreconditionFailedError
from release.errors import AliasMovedError
from release.plan import Execution, Plan, Rollback, RolledBack, State
from release.record import Release

_POLL_SECONDS = 15
_DEADLINE_SECONDS = 30 * 60
_WHOLE_READS = 2


def turn(execution: Execution, state: dict[str, Any]) -> Rollback:
    """
    One turn for every release that is meant.

    `state` is the release machine's, or the event that started the rollback machine: an alarm's or
    an execution's state change, as EventBridge sends it. InvalidRequestError for anything else.
    """
    if "rollback" in state:
        before = msgspec.convert(state["rollback"], Rollback)
        started_at = before.started_at
        meant: _Meant = [(each, None) for each in before.releases]
    else:
        started_at = int(time.time())
        meant = _meant(execution, state)
    releases = [
        each if each.outcome else _step(each, release or record.get(each.release), started_at)
        for each, release in meant
    ]
    over = all(each.outcome for each in releases)
    return Rollback(
        status="SUCCEEDED" if over else "IN_PROGRESS",
        wait_seconds=_POLL_SECONDS,
        started_at=started_at,
        releases=releases,
    )


_Meant: TypeAlias = list[tuple[RolledBack, Release | None]]


def _meant(execution: Execution, state: dict[str, Any]) -> _Meant:
    """Which releases are to be rolled back, with their items as far as they were read."""
    if "plan" in state:
        return _own(execution, state)
    event = trigger.parse(state)
    if isinstance(event, trigger.Alarm):
        return _guarded_by_alarm(event)
    return _of_dead_execution(event)


def _own(execution: Execution, state: dict[str, Any]) -> _Meant:
    """The release machine rolls back its own release."""
    own = msgspec.convert(state, State)
    if own.failure:
        reason = own.failure.sentence
    else:
        reason = own.canary.reason if own.canary else "no verdict was reached"
    meant = _requested(record.get(own.plan.release), execution.arn, reason)
    return [(replace(each, reason=reason), release) for each, release in meant]


def _guarded_by_alarm(alarm: trigger.Alarm) -> _Meant:
    """Every release that the alarm guards now: in flight, or promoted and still in its window."""
    if alarm.state.value != "ALARM":
        return []
    name = alarm.alarm_name
    reason = f"alarm {name} is in ALARM ({alarm.state.reason})"
    begun = [
        record.request_rollback(item["release"], f"alarm {name}", reason, alarm_at=alarm.at)
        for item in dynamodb.query(record.alarm_partition(name))
    ]
    return [_begun(release, reason) for release in begun if release]


def _of_dead_execution(ended: trigger.EndedExecution) -> _Meant:
    """The release of an execution that ended without ending its release."""
    arn = ended.execution_arn
    release = record.find(arn.rpartition(":")[2])
    if release is None or release.execution_arn != arn or release.outcome != "in_progress":
        return []
    now = stepfunctions.describe_execution(arn)
    if now is None or not now.is_over_at(ended.redrive_count or 0):
        return []
    reason = f"execution {now.status}: {ended.error or 'no error given'}"
    if release.decision == "promote" and release.rollback_requested is None:
        return [(RolledBack(release=release.release, outcome="promoted", reason=reason), release)]
    return _requested(release, arn, reason)


def _requested(release: Release, by: str, reason: str) -> _Meant:
    """Before traffic there is nothing to put back: the release has failed."""
    if release.traffic_started_at is None:
        return [(RolledBack(release=release.release, outcome="failed", reason=reason), release)]
    begun = record.request_rollback(release.release, by, reason)
    return [_begun(begun, reason)] if begun else []


def _begun(release: Release, reason: str) -> tuple[RolledBack, Release]:
    asked = release.rollback_requested
    return RolledBack(release=release.release, reason=asked.reason if asked else reason), release


def _step(before: RolledBack, release: Release, started_at: int) -> RolledBack:
    """One release, one turn."""
    plan = release.plan
    deployment_id = release.deployment_id or _find_deployment(release)
    if deployment_id:
        codedeploy.stop_deployment(deployment_id)
    alias = awslambda.get_alias(plan.function, plan.alias)
    try:
        after = _look(before, release, alias, deployment_id)
    except AliasMovedError as error:
        why = f"{before.reason}; AliasMovedError: {error}"
        return replace(before, outcome="rollback_failed", reason=why)
    except PreconditionFailedError:
        after = replace(before, whole_reads=0)  # another writer was faster: look again next turn
    if not after.outcome and time.time() - started_at > _DEADLINE_SECONDS:
        minutes = _DEADLINE_SECONDS // 60
        why = f"{before.reason}; not settled after {minutes} minutes: the alias serves {alias}"
        return replace(after, outcome="rollback_failed", reason=why)
    return after


def _look(
    before: RolledBack, release: Release, alias: Alias | None, deployment_id: str | None
) -> RolledBack:
    """Count a whole alias, or point it to the stable version if it is ours to point."""
    plan = release.plan
    if alias is None:
        raise AliasMovedError(f"alias {plan.target} is gone")
    if alias.is_whole and alias.version == plan.stable_version:
        if not _is_settled(deployment_id):
            return replace(before, whole_reads=0)
        reads = before.whole_reads + 1
        return replace(
            before, whole_reads=reads, outcome="rolled_back" if reads >= _WHOLE_READS else ""
        )
    ours = {plan.stable_version, release.new_version}
    if not alias.versions <= ours and not _is_from_codedeploy(alias, deployment_id):
        raise AliasMovedError(
            f"alias {plan.target} serves {alias}, which this release has not set. It is left as it "
            f"is. To restore the stable version by hand: {restore_command(plan)}"
        )
    awslambda.point_alias(plan.function, plan.alias, plan.stable_version, alias.revision_id)
    return replace(before, whole_reads=0)


def restore_command(plan: Plan) -> str:
    """What an operator types to put the alias back by hand."""
    return (
        f"aws lambda update-alias --function-name {plan.function} --name {plan.alias} "
        f"--function-version {plan.stable_version} --routing-config AdditionalVersionWeights={{}}"
    )


def _find_deployment(release: Release) -> str | None:
    """The deployment of a release whose execution died before it could keep the id."""
    traffic = release.plan.traffic
    found = codedeploy.find_deployment(
        traffic.application, traffic.group, release.release, release.plan.planned_at
    )
    return found.id if found else None


def _is_settled(deployment_id: str | None) -> bool:
    """Whether CodeDeploy is done with the alias: our deployment and its rollback are over."""
    if deployment_id is None:
        return True
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
