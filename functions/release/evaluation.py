"""EvaluateCanary: read the world once, judge it, keep what was seen."""

from __future__ import annotations

import dataclasses
import time

from release import alarms, evidence, record, verdict
from release.aws import awslambda, cloudwatch, codedeploy, failures
from release.errors import ReleaseStaleError, UnreadableError
from release.observability import logger
from release.plan import Canary, Deployment, Plan, State
from release.record import Release
from release.verdict import Counts, Minute, Observation, Verdict

_SLACK_SECONDS = 15 * 60
_HISTORY_LIMIT = 1000


def evaluate(state: State) -> Canary:
    """This turn's verdict; a decision to promote is stored before it is told."""
    plan, deployment = state.plan, state.deployment
    if deployment is None:
        raise ReleaseStaleError("EvaluateCanary needs StartDeployment's result")
    turns = (state.canary.unreadable if state.canary else 0) + 1
    release = record.get(plan.release)
    seen = observe(plan, deployment, release, turns)
    spoken = verdict.judge(seen)
    if spoken.verdict == "promote" and not record.decide_promote(plan.release):
        spoken = Verdict("roll_back", "request", "a rollback was asked for at the last moment")
    try:
        _keep(plan, seen, spoken)
    except Exception:  # the evidence is rewritten each turn; a verdict must not hang on it
        logger.exception("this turn's evidence could not be written")
    return Canary(
        verdict=spoken.verdict,
        decided_by=spoken.decided_by,
        reason=spoken.reason,
        wait_seconds=_wait_seconds(plan),
        unreadable=turns if seen.unreadable else 0,
    )


def observe(plan: Plan, deployment: Deployment, release: Release, turns: int) -> Observation:
    """
    What can be seen now. What AWS cannot answer, also after retries, is said in `unreadable`.

    `turns` is how many turns in a row could not be read, if this one cannot.
    """
    asked = release.rollback_requested
    seen = Observation(
        now=int(time.time()),
        canary_version=release.new_version or "?",
        stable_version=plan.stable_version,
        status="unknown",
        deadline=deployment.started_at + plan.traffic.minutes * 60 + _SLACK_SECONDS,
        bake_minutes=plan.policy.bake_minutes,
        requested=asked.reason if asked else "",
    )
    try:
        return _read(seen, plan, deployment)
    except UnreadableError as error:
        why = str(error)
    except Exception as error:
        if not failures.is_unavailable(error):
            raise
        why = f"{failures.code(error) or type(error).__name__}: {failures.message(error)}"
    return dataclasses.replace(seen, unreadable=why, unreadable_turns=turns)


def _read(seen: Observation, plan: Plan, deployment: Deployment) -> Observation:
    now = codedeploy.get_deployment(deployment.deployment_id)
    found = alarms.readable(plan.alarms, cloudwatch.get_alarms(plan.alarms))
    alias = awslambda.get_alias(plan.function, plan.alias)
    if alias is None:
        raise UnreadableError(f"alias {plan.target} is gone")
    expected = (
        {seen.canary_version}
        if now.status == "Succeeded"
        else {seen.canary_version, plan.stable_version}
    )
    return dataclasses.replace(
        seen,
        status=now.status,
        completed_at=now.completed_at,
        deployment_error=now.error,
        red=alarms.describe(alarms.red_alarms(found)),
        alias=str(alias),
        alias_as_expected=alias.versions <= expected,
        minutes=_minutes(plan, deployment, seen, now.completed_at),
    )


def _minutes(
    plan: Plan, deployment: Deployment, seen: Observation, completed_at: int | None
) -> list[Minute]:
    """
    Both versions' complete minutes since the deployment began.

    Once all traffic has shifted AWS may no longer tell versions apart: what is not the stable
    version's is the canary's then.
    """
    start = deployment.started_at // 60 * 60
    end = seen.now // 60 * 60
    if end <= start:
        return []
    counts = cloudwatch.version_counts(
        plan.function, plan.alias, [seen.canary_version, plan.stable_version], start, end
    )
    canary, stable = counts[seen.canary_version], counts[plan.stable_version]
    if completed_at:
        canary |= {
            minute: (calls - stable.get(minute, (0, 0))[0], errors - stable.get(minute, (0, 0))[1])
            for minute, (calls, errors) in counts[""].items()
            if minute >= completed_at // 60 * 60
        }
    return [
        Minute(minute, Counts(*canary.get(minute, (0, 0))), Counts(*stable.get(minute, (0, 0))))
        for minute in sorted(canary.keys() | stable.keys())
    ]


def _keep(plan: Plan, seen: Observation, spoken: Verdict) -> None:
    """Add this turn to the evidence; a repeat of the same turn replaces it."""
    document = evidence.read(plan)
    earlier = [each for each in document.get("verdicts", []) if each["at"] < seen.now]
    verdicts = [*earlier, {"at": seen.now, **dataclasses.asdict(spoken)}]
    minutes = [dataclasses.asdict(minute) for minute in seen.minutes]
    evidence.write(
        plan,
        document | {"verdicts": verdicts, "minutes": minutes or document.get("minutes", [])},
    )


def _wait_seconds(plan: Plan) -> int:
    """A minute, or more where a long canary would outgrow the 25,000 events of a history."""
    window = (plan.traffic.minutes + plan.policy.bake_minutes) * 60
    return max(60, window // _HISTORY_LIMIT)
