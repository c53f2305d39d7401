"""Reading all that a verdict needs, once; what cannot be read is said, not guessed."""

from __future__ import annotations

import dataclasses
import time

from release import alarms, baseline, minutes
from release.aws import awslambda, cloudwatch, codedeploy, failures
from release.baseline import Baseline
from release.errors import UnreadableError
from release.observation import Observation
from release.plan import Canary, Deployment, Plan
from release.record import Release
from release.statistics import Metric

DEADLINE_SECONDS = 30
"""How long before CodeDeploy's last shift the canary is judged."""
_SLACK_SECONDS = 15 * 60


def observe(
    plan: Plan, deployment: Deployment, release: Release, before: Canary | None
) -> Observation:
    """
    What can be seen now. What AWS cannot answer, also after retries, is said in `unreadable`.

    `before` is what the turn before this one said.
    """
    seen = _known(plan, deployment, release, before)
    try:
        return _read(seen, plan, deployment, release)
    except UnreadableError as error:
        why = str(error)
    except Exception as error:
        if not failures.is_unavailable(error):
            raise
        why = f"{failures.code(error) or type(error).__name__}: {failures.message(error)}"
    turns = (before.unreadable if before else 0) + 1
    return dataclasses.replace(seen, unreadable=why, unreadable_turns=turns)


def judged_at(plan: Plan, deployment: Deployment, release: Release) -> int | None:
    """
    When the canary must be judged (epoch seconds): shortly before CodeDeploy shifts the last of the
    traffic. None where it shifts all at once, or has been told to end early.
    """
    if not plan.traffic.minutes or release.ended_early_at:
        return None
    last_shift = release.deadline or deployment.started_at + plan.traffic.minutes * 60
    return last_shift - DEADLINE_SECONDS


def _known(
    plan: Plan, deployment: Deployment, release: Release, before: Canary | None
) -> Observation:
    """What is seen without asking anybody else."""
    asked = release.rollback_requested
    settled = before is not None and before.settled
    return Observation(
        now=int(time.time()),
        canary_version=release.new_version or "?",
        stable_version=plan.stable_version,
        status="unknown",
        overdue=deployment.started_at + plan.traffic.minutes * 60 + _SLACK_SECONDS,
        bake_minutes=plan.policy.bake_minutes,
        deadline=None if settled else judged_at(plan, deployment, release),
        requested=asked.reason if asked else "",
        rules=baseline.rules(release.baseline, plan.policy),
        on_inconclusive=plan.policy.on_inconclusive,
        may_end_early=plan.policy.end_early,
        is_compared=plan.traffic.minutes > 0,
        passed_over=plan.policy.fix_forward,
        slow=_slow(plan, release.baseline),
    )


def _read(seen: Observation, plan: Plan, deployment: Deployment, release: Release) -> Observation:
    now = codedeploy.get_deployment(deployment.deployment_id)
    found = alarms.readable(plan.alarms, cloudwatch.get_alarms(plan.alarms))
    alias = awslambda.get_alias(plan.function, plan.alias)
    if alias is None:
        raise UnreadableError(f"alias {plan.target} is gone")
    status, completed_at = now.status, now.completed_at
    if release.ended_early_at and status == "Stopped" and not now.is_given_up:
        status, completed_at = "Succeeded", release.ended_early_at  # we have stopped it
    expected = {seen.canary_version}
    if status != "Succeeded":
        expected.add(plan.stable_version)
    over = baseline.thresholds(release.baseline, plan.policy)
    return dataclasses.replace(
        seen,
        status=status,
        completed_at=completed_at,
        deployment_error=now.error,
        red=alarms.describe(alarms.red_alarms(found)),
        alias=str(alias),
        alias_as_expected=alias.versions <= expected,
        minutes=minutes.read(
            plan, seen.canary_version, over, deployment.started_at, seen.now, completed_at
        ),
    )


def _slow(plan: Plan, frozen: Baseline) -> dict[Metric, str]:
    """What each latency metric calls slow, for the operator."""
    over = baseline.thresholds(frozen, plan.policy)
    stable = f"5 % over the {{}} of version {plan.stable_version}'s last hours"
    return {
        "p90": f"{over.p90 or 0:.4g} ms ({stable.format('p90')})",
        "p99": f"{over.p99 or 0:.4g} ms ({stable.format('p99')})",
        "slo": f"{over.slo or 0:.4g} ms (latencySloMs)",
    }
