"""FinishRelease: store the outcome and the evidence, free the lock, tell it once."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from release import environment, evidence, lock, record, trigger
from release.aws import awslambda, dynamodb, sns, stepfunctions
from release.aws.dynamodb import Put
from release.aws.stepfunctions import ExecutionState
from release.errors import ReleaseStaleError
from release.plan import Execution, Rollback, RolledBack, State
from release.record import Outcome, Release
from release.rollback import restore_command


class Finished(msgspec.Struct, frozen=True, rename="camel"):
    """What FinishRelease returns; `outcome` is the one that the execution ends by."""

    outcome: Outcome | Literal["nothing"]
    reason: str
    releases: dict[str, str]


def finish(execution: Execution, state: dict[str, Any]) -> Finished:
    """Finish every release that the state names; the machine's own, or those rolled back."""
    if "plan" in state:
        ended, ends = None, [_own_end(msgspec.convert(state, State))]
    else:
        ended = trigger.parse(state["event"])
        ends = msgspec.convert(state["rollback"], Rollback).releases
    outcomes = {end.release: _finish(execution, end, ended) for end in ends}
    loudest = min(ends, key=lambda end: end.outcome != "rollback_failed", default=None)
    return Finished(
        outcome=(loudest.outcome or "nothing") if loudest else "nothing",
        reason=loudest.reason if loudest else "no release was meant",
        releases=outcomes,
    )


def _own_end(state: State) -> RolledBack:
    release = state.plan.release
    if state.rollback_failure:
        reason = state.rollback_failure.sentence
        return RolledBack(release=release, outcome="rollback_failed", reason=reason)
    if state.rollback:
        if state.rollback.releases:
            return state.rollback.releases[0]
        return RolledBack(release=release, outcome="rolled_back", reason="rolled back already")
    if state.refusal:
        return RolledBack(release=release, outcome="refused", reason=state.refusal.sentence)
    if state.canary and state.canary.verdict == "promote":
        return RolledBack(release=release, outcome="promoted", reason=state.canary.reason)
    raise ReleaseStaleError(f"release {release} has no end to finish; start a new execution")


def _finish(execution: Execution, end: RolledBack, event: trigger.Trigger | None) -> str:
    """Finish one release; returns the outcome that stands, or who is left to finish it."""
    release = record.get(end.release)
    outcome = end.outcome
    if not outcome:
        raise ReleaseStaleError(f"the rollback of release {end.release} is not over")
    redrives = _redrives_over(execution, release, event)
    if redrives is None:
        return "left to its own execution"
    finished = record.finish(release, outcome, _sentence(end, release), execution, redrives)
    if finished is None:
        stands = record.get(end.release)
        if outcome == "promoted" and stands.rollback_requested:
            raise ReleaseStaleError(
                f"a rollback of release {end.release} was asked for by "
                f"{stands.rollback_requested.by} after the decision to promote it"
            )
        return stands.outcome
    _move_pointer(finished)
    if outcome != "promoted":
        record.stop_guarding(finished.plan)
    lock.free(finished.plan, finished.execution_arn, redrives)
    evidence.write(
        finished.plan, evidence.read(finished.plan) | {"release": msgspec.to_builtins(finished)}
    )
    _notify(finished)
    return finished.outcome


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
    expected = {"promoted": release.new_version, "rolled_back": plan.stable_version}
    if end.outcome == "rollback_failed":
        return f"{end.reason}. Look at the alias, then type: {restore_command(plan)}"
    if end.outcome in expected:
        alias = awslambda.get_alias(plan.function, plan.alias)
        if str(alias) != expected[end.outcome]:
            return f"{end.reason}; since then someone moved the alias: it serves {alias}"
    return end.reason


def _move_pointer(release: Release) -> None:
    """Remember what the alias serves: the next release compares itself with it."""
    plan, signing = release.plan, release.signing
    if release.outcome == "promoted" and signing:
        item: dict[str, object] = {
            "stableVersion": release.new_version,
            "contentHash": plan.source.content_hash,
            "signedKey": signing.key,
            "signedVersion": signing.version,
            "release": release.release,
        }
    elif release.outcome == "rolled_back":
        item = {"stableVersion": plan.stable_version, "release": release.release}
    else:
        return
    dynamodb.put(Put(record.pointer_key(plan.target), item))


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
