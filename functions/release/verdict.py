"""
The verdict: what one look at a canary says. Pure; it asks nothing and changes nothing.

Rolling back needs something against the new version: a request, an alarm, a deployment that
CodeDeploy gave up, a world that cannot be read, or evidence. While it is compared to the stable
version, evidence for it can end the canary early; without evidence either way the policy decides,
at the deadline. Promotion needs the whole of the bake without anything against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from release import sentences, statistics
from release.observation import Observation

UNREADABLE_TURNS = 3

Word = Literal["promote", "end_early", "roll_back", "continue", "inconclusive", "error"]
Line = Literal[
    "request", "reading", "alarm", "deployment", "alias", "evidence", "limit", "policy", "bake"
]


@dataclass(frozen=True)
class Verdict:
    """The word, which line of defence spoke it, and the sentence that an operator reads."""

    verdict: Word
    decided_by: Line
    reason: str


_Finding: TypeAlias = tuple[Word, Line, str]


def judge(seen: Observation) -> Verdict:
    """This turn's verdict: that of the first line of defence that has one."""
    findings = (line(seen) for line in _LINES)
    word, decided_by, why = next(found for found in findings if found)
    if seen.unreadable or decided_by in {"evidence", "limit"}:
        return Verdict(word, decided_by, why)  # what was not read is not zero
    return Verdict(word, decided_by, f"{sentences.served(seen)}; {why}")


def _by_request(seen: Observation) -> _Finding | None:
    return ("roll_back", "request", seen.requested) if seen.requested else None


def _by_alarm(seen: Observation) -> _Finding | None:
    return ("roll_back", "alarm", seen.red) if seen.red else None


def _by_deployment(seen: Observation) -> _Finding | None:
    if seen.status in {"Failed", "Stopped"}:
        why = seen.deployment_error or "CodeDeploy gave no reason"
        return "roll_back", "deployment", f"deployment {seen.status}: {why}"
    return None


def _by_reading(seen: Observation) -> _Finding | None:
    """An unreadable world is no reason to wait for long, and none at all at the deadline."""
    if not seen.unreadable:
        return None
    if seen.unreadable_turns >= UNREADABLE_TURNS:
        why = f"unreadable {seen.unreadable_turns} times: {seen.unreadable}"
        return "roll_back", "reading", why
    if seen.is_at_deadline:
        return "roll_back", "reading", f"unreadable at the deadline: {seen.unreadable}"
    return "error", "reading", f"could not be read this time: {seen.unreadable}"


def _by_time(seen: Observation) -> _Finding | None:
    if seen.status != "Succeeded" and seen.now > seen.overdue:
        return "roll_back", "deployment", f"deployment still {seen.status} after its time was over"
    return None


def _by_alias(seen: Observation) -> _Finding | None:
    if seen.alias_as_expected:
        return None
    return "roll_back", "alias", f"someone moved the alias: it serves {seen.alias}"


def _by_evidence(seen: Observation) -> _Finding | None:
    if statistics.speaks_against(seen.rules, seen.evidence):
        return "roll_back", "evidence", sentences.against(seen)
    return None


def _by_limit(seen: Observation) -> _Finding | None:
    if statistics.speaks_beyond_limits(seen.rules, seen.evidence):
        return "roll_back", "limit", sentences.beyond_limits(seen)
    return None


def _by_evidence_for_it(seen: Observation) -> _Finding | None:
    """Enough to end the canary before its deadline, where the policy wants that."""
    if not seen.may_end_early or seen.deadline is None or seen.is_at_deadline:
        return None
    if statistics.speaks_for(seen.rules, seen.evidence):
        return "end_early", "evidence", sentences.in_favour(seen)
    return None


def _by_policy(seen: Observation) -> _Finding | None:
    """At the deadline, without evidence either way."""
    if not seen.is_at_deadline or statistics.speaks_for(seen.rules, seen.evidence):
        return None
    word: Word = "roll_back" if seen.on_inconclusive == "roll_back" else "inconclusive"
    return word, "policy", sentences.by_policy(seen)


def _by_bake(seen: Observation) -> _Finding:
    """Nothing speaks against it: wait, or promote when the bake is over."""
    if seen.status != "Succeeded":
        return "continue", "deployment", f"deployment {seen.status}; {sentences.undecided(seen)}"
    remaining = (seen.completed_at or seen.now) + seen.bake_minutes * 60 - seen.now
    if remaining > 0:
        return "continue", "bake", f"all traffic shifted, {remaining} s of bake left"
    return "promote", "bake", sentences.baked(seen)


_LINES: tuple[Callable[[Observation], _Finding | None], ...] = (
    _by_request,
    _by_alarm,
    _by_deployment,
    _by_reading,
    _by_time,
    _by_alias,
    _by_evidence,
    _by_limit,
    _by_evidence_for_it,
    _by_policy,
    _by_bake,
)
