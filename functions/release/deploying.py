"""StartDeployment: adopt the deployment of this release, or make the last checks and create it."""

from __future__ import annotations

from typing import Any

from release import alarms, baseline, lock, record, shifting
from release.aws import cloudwatch, codedeploy
from release.errors import (
    AlarmCoverageError,
    DeploymentConflictError,
    DeploymentFailedError,
    FrozenError,
    ReleaseStaleError,
)
from release.plan import Deployment, Execution, Plan, State
from release.record import Release

_REFUSALS = (AlarmCoverageError, DeploymentConflictError, FrozenError, ReleaseStaleError)


def start(execution: Execution, state: State) -> Deployment:
    """
    The deployment of this release, created at most once.

    A refusal is raised only before the first write; whatever goes wrong after it is a
    DeploymentFailedError, which leads to RollBack.
    """
    plan, publication = state.plan, state.publication
    if publication is None:
        raise ReleaseStaleError("StartDeployment needs PublishVersion's result")
    ours = _find(plan)
    if ours is None:
        try:
            frozen = baseline.freeze(plan)
            _check(plan, execution)
            shifting.begin(plan, publication.version, frozen)
        except _REFUSALS as refusal:
            if record.get(plan.release).traffic_started_at:
                raise DeploymentFailedError(str(refusal)) from refusal
            raise
        ours = _create(plan, publication.version)
    deadline = ours.created_at + plan.traffic.minutes * 60
    shifting.note_deployment(plan.release, ours.id, deadline)
    _stop_if_unwanted(record.get(plan.release), ours.id)
    return Deployment(deployment_id=ours.id, started_at=ours.created_at)


def app_spec(function: str, alias: str, current: str, target: str) -> dict[str, Any]:
    """
    The revision that moves an alias from one version to another.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-example.html
    """
    return {
        "version": 0.0,
        "Resources": [
            {
                function: {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Name": function,
                        "Alias": alias,
                        "CurrentVersion": current,
                        "TargetVersion": target,
                    },
                }
            }
        ],
    }


def _check(plan: Plan, execution: Execution) -> None:
    """The last checks before traffic; the alias and the lock come last, right before the write."""
    found = cloudwatch.get_alarms(plan.alarms)
    alarms.refuse_missing(plan.traffic.group, plan.alarms, found)
    alarms.refuse_red(found)
    active = codedeploy.active_deployments(plan.traffic.application, plan.traffic.group)
    if active:
        raise DeploymentConflictError(
            f"deployment group {plan.traffic.group} has the active deployment {', '.join(active)}, "
            "which is not ours. Wait for it to end and start a new execution. Nothing changed."
        )
    lock.hold(plan, execution, unless_frozen=True)


def _create(plan: Plan, version: str) -> codedeploy.Deployment:
    try:
        created = codedeploy.create_deployment(
            plan.traffic.application,
            plan.traffic.group,
            plan.traffic.config,
            plan.release,
            app_spec(plan.function, plan.alias, plan.stable_version, version),
            override_alarms=plan.alarms if plan.policy.fix_forward else None,
        )
    except codedeploy.ActiveDeploymentError as error:
        ours = _find(plan)  # botocore asked again after an answer was lost
        if ours is None:
            raise DeploymentFailedError(str(error)) from error
        return ours
    return codedeploy.get_deployment(created)


def _find(plan: Plan) -> codedeploy.Deployment | None:
    """The deployment of this release, if there is one already."""
    return codedeploy.find_deployment(
        plan.traffic.application, plan.traffic.group, plan.release, plan.planned_at
    )


def _stop_if_unwanted(release: Release, deployment_id: str) -> None:
    """A rollback that was asked for while the deployment was created has not seen it."""
    if release.rollback_requested:
        codedeploy.stop_deployment(deployment_id)
        raise DeploymentFailedError(
            f"a rollback was asked for by {release.rollback_requested.by}: "
            f"{release.rollback_requested.reason}"
        )
