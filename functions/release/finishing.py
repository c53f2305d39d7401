"""FinishRelease: store the outcome and the evidence, tell it once, free the lock."""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from release import ends, environment, evidence, guards, lock, pointer, record, trigger
from release.aws import awslambda, sns, stepfunctions
from release.aws.stepfunctions import ExecutionState
from release.errors import ReleaseStaleError
from release.plan import Execution, RolledBack
from release.record import Outcome, Release


class Finished(msgspec.Struct, frozen=True, rename="camel"):
    """
    What FinishRelease returns: the outcome that the execution ends by and its sentence, and, for
    the reader, what stands for each release.
    """

    outcome: Outcome | Literal["nothing"]
    reason: str
    releases: dict[str, str]


def finish(execution: Execution, state: dict[str, Any]) -> Finished:
    """Finish every release that the state names; one that fails does not hold up the others."""
    event = None if "plan" in state else trigger.parse(state["event"])
    finished: dict[str, str] = {}
    failed: list[Exception] = []
    loudest = Finished(outcome="nothing", reason="no release was meant", releases=finished)
    for end in ends.of(state):
        release = record.get(end.release)
        sentence = _sentence(end, release)
        if loudest.outcome != "rollback_failed":
            loudest = replace(loudest, outcome=end.outcome or "nothing", reason=sentence)
        try:
            finished[end.release] = _finish(execution, release, end, sentence, event)
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return loudest


def _finish(
    execution: Execution,
    release: Release,
    end: RolledBack,
    sentence: str,
    event: trigger.Trigger | None,
) -> str:
    """Finish one release; returns the outcome that stands, or who is left to finish it."""
    outcome = end.outcome
    if not outcome:
        raise ReleaseStaleError(f"the rollback of release {end.release} is not over")
    redrives = _redrives_over(execution, release, event)
    if redrives is None:
        return "left to its own execution"
    finished = record.finish(release, outcome, sentence, execution, redrives) or _left_behind(
        end.release, outcome
    )
    if finished is None:
        stands = record.get(end.release)
        if outcome == "promoted" and stands.rollback_requested:
            raise ReleaseStaleError(
                f"a rollback of release {end.release} was asked for by "
                f"{stands.rollback_requested.by} after the decision to promote it"
            )
        return stands.outcome
    if outcome != "promoted":
        guards.end(finished.plan, int(time.time()))
    pointer.move(finished)
    evidence.write(
        finished.plan, evidence.read(finished.plan) | {"release": msgspec.to_builtins(finished)}
    )
    _notify(finished)
    lock.free(finished.plan, finished.execution_arn, redrives)  # last: what is locked is not done
    return finished.outcome


def _left_behind(name: str, outcome: Outcome) -> Release | None:
    """The release, if whoever stored this outcome has died before all was done."""
    release = record.get(name)
    if release.outcome != outcome or release.is_told or release.finished_by is None:
        return None
    finisher = stepfunctions.describe_execution(release.finished_by)
    return release if finisher is None or finisher.is_over else None


def _redrives_over(
    execution: Execution, release: Release, event: trigger.Trigger | None
) -> int | None:
    """
    The redrive count up to which the release's own execution has nothing more to do; None while it
    runs and somebody else asks: it finishes its release itself.
    """
    if execution.arn == release.execution_arn:
        return execution.redrive_count
    ended = trigger.ended_at(event, release.execution_arn)
    if ended is not None:
        return ended
    owner = stepfunctions.describe_execution(release.execution_arn)
    return _over(owner, release.redrive_count)


def _over(owner: ExecutionState | None, known: int) -> int | None:
    if owner is None:
        return known  # executions are forgotten 90 days after their end
    return owner.redrive_count if owner.is_over else None


def _sentence(end: RolledBack, release: Release) -> str:
    """The reason, and where the alias is if that is not where the outcome says."""
    plan = release.plan
    expected = {"promoted": release.new_version, "rolled_back": release.version_to_restore}
    if end.outcome == "rollback_failed":
        alias = awslambda.get_alias(plan.function, plan.alias)
        verb = "update-alias" if alias else "create-alias"
        return (
            f"{end.reason}. The alias serves {alias or 'nothing'}. To restore the stable version: "
            f"aws lambda {verb} --function-name {plan.function} --name {plan.alias} "
            f"--function-version {release.version_to_restore} "
            "--routing-config AdditionalVersionWeights={}"
        )
    if end.outcome in expected:
        alias = awslambda.get_alias(plan.function, plan.alias)
        if str(alias) != expected[end.outcome]:
            return f"{end.reason}; since then someone moved the alias: it serves {alias}"
    return end.reason


def _notify(release: Release) -> None:
    """One message per outcome; the id lets receivers drop the repeat after a lost answer."""
    plan = release.plan
    if release.is_told:
        return
    sns.publish(
        environment.read().topic_arn,
        f"{release.outcome}: {plan.target}",
        f"Release {release.release} of {plan.target} (version {plan.stable_version} to "
        f"{release.new_version or 'none'}): {release.outcome}.\n{release.reason}",
        {"id": release.notification, "outcome": release.outcome, "function": plan.function},
    )
    record.note_notified(release.release, release.notification)
