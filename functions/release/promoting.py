"""PromoteVersion: end the canary before CodeDeploy's timer, all traffic on the new version."""

from __future__ import annotations

from release import record, shifting
from release.aws import awslambda, codedeploy
from release.aws.awslambda import PreconditionFailedError
from release.errors import AliasMovedError, DeploymentFailedError, ReleaseStaleError
from release.plan import Plan, Promotion, State

_POLL_SECONDS = 5


def promote(state: State) -> Promotion:
    """
    Stop our deployment, then point the alias to the new version alone; safe to repeat.

    ReleaseStaleError if a rollback was asked for meanwhile.
    """
    plan, deployment = state.plan, state.deployment
    if deployment is None:
        raise ReleaseStaleError("PromoteVersion needs StartDeployment's result")
    shifting.end_early(plan.release)
    is_over = _is_stopped(deployment.deployment_id) and _is_whole(plan)
    return Promotion(status="SUCCEEDED" if is_over else "IN_PROGRESS", wait_seconds=_POLL_SECONDS)


def _is_stopped(deployment_id: str) -> bool:
    """Whether CodeDeploy is done with the alias. What it gave up itself is not ours to promote."""
    codedeploy.stop_deployment(deployment_id)
    now = codedeploy.get_deployment(deployment_id)
    if now.status == "Failed" or now.rollback_id:
        raise DeploymentFailedError(f"deployment {now.status} meanwhile: {now.error}")
    return now.is_over


def _is_whole(plan: Plan) -> bool:
    """Whether the alias serves the new version alone, after our write where it did not."""
    alias = awslambda.get_alias(plan.function, plan.alias)
    version = _wanted_version(plan)  # read after the alias, which is written under its revision
    if alias is None or not alias.versions <= {plan.stable_version, version}:
        raise AliasMovedError(
            f"alias {plan.target} serves {alias or 'nothing: it is gone'}, which is not this "
            "release's doing"
        )
    if alias.is_whole and alias.version == version:
        return True
    try:
        awslambda.point_alias(plan.function, plan.alias, version, alias.revision_id)
    except PreconditionFailedError:
        return False  # another writer was faster: look again next turn
    return True


def _wanted_version(plan: Plan) -> str:
    """The new version; ReleaseStaleError if a rollback was asked for meanwhile."""
    release = record.get(plan.release)
    asked = release.rollback_requested
    if asked:
        raise ReleaseStaleError(f"a rollback was asked for by {asked.by}: {asked.reason}")
    return release.new_version or ""
