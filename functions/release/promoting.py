"""PromoteVersion: end the canary before CodeDeploy's timer, all traffic on the new version."""

from __future__ import annotations

import time

from release import record, shifting
from release.aws import awslambda, codedeploy
from release.aws.awslambda import PreconditionFailedError
from release.errors import AliasMovedError, DeploymentFailedError, ReleaseStaleError
from release.plan import Plan, Promotion, State

_POLL_SECONDS = 5
_DEADLINE_SECONDS = 15 * 60


def promote(state: State) -> Promotion:
    """
    Stop our deployment, then point the alias to the new version alone; safe to repeat.

    ReleaseStaleError if a rollback was asked for meanwhile, DeploymentFailedError if it takes too
    long: nobody judges the split alias meanwhile.
    """
    plan, deployment = state.plan, state.deployment
    if deployment is None:
        raise ReleaseStaleError("PromoteVersion needs StartDeployment's result")
    since = shifting.end_early(plan.release)
    if _is_stopped(deployment.deployment_id) and _is_whole(plan):
        shifting.note_shifted(plan.release)
        return Promotion(status="SUCCEEDED", wait_seconds=_POLL_SECONDS)
    if time.time() - since > _DEADLINE_SECONDS:
        raise DeploymentFailedError(
            f"alias {plan.target} is not on the new version alone after "
            f"{_DEADLINE_SECONDS // 60} minutes"
        )
    return Promotion(status="IN_PROGRESS", wait_seconds=_POLL_SECONDS)


def _is_stopped(deployment_id: str) -> bool:
    """Whether CodeDeploy is done with the alias. What it gave up itself is not ours to promote."""
    codedeploy.stop_deployment(deployment_id)
    now = codedeploy.get_deployment(deployment_id)
    if now.is_given_up:
        raise DeploymentFailedError(f"deployment {now.status} meanwhile: {now.error}")
    return now.is_over


def _is_whole(plan: Plan) -> bool:
    """Whether the alias serves the new version alone, after our write where it did not."""
    alias = awslambda.get_alias(plan.function, plan.alias)
    version = _wanted_version(plan)  # read after the alias, which is written under its revision
    if alias is None or alias.versions not in _ways(plan.stable_version, version):
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


def _ways(stable: str, new: str) -> tuple[set[str], set[str]]:
    """How we have left the alias: split, or done. Whole on the stable version someone put it."""
    return {stable, new}, {new}


def _wanted_version(plan: Plan) -> str:
    """The new version; ReleaseStaleError if a rollback was asked for meanwhile."""
    release = record.get(plan.release)
    asked = release.rollback_requested
    if asked:
        raise ReleaseStaleError(f"a rollback was asked for by {asked.by}: {asked.reason}")
    return release.new_version or ""
