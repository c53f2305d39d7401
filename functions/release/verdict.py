"""
The verdict: what one look at a canary says. Pure; it asks nothing and changes nothing.

Rolling back needs something against the new version: a request, an alarm, a deployment that
CodeDeploy gave up, a world that cannot be read, or evidence. While it is compared to the stable
version, evidence for it can end the canary early; without evidence either way the policy decides,
at the deadline. Promotion needs the whole of the bake without anything against it.
"""

from __future__ import annotations

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
    """This turn's verdict; its reason begins with what both versions served."""
    word, decided_by, why = _against(seen) or _judged(seen) or _undecided(seen)
    if seen.unreadable or decided_by in {"evidence", "limit"}:
        return Verdict(word, decided_by, why)  # what was not read is not zero
    return Verdict(word, decided_by, f"{sentences.served(seen)}; {why}")


def _against(seen: Observation) -> _Finding | None:
    """The first line of defence that speaks against the canary."""
    if seen.requested:
        return "roll_back", "request", seen.requested
    if seen.red:
        return "roll_back", "alarm", seen.red
    if seen.status in {"Failed", "Stopped"}:
        why = seen.deployment_error or "CodeDeploy gave no reason"
        return "roll_back", "deployment", f"deployment {seen.status}: {why}"
    if seen.unreadable:
        return _unreadable_too_long(seen)
    if seen.status != "Succeeded" and seen.now > seen.overdue:
        return "roll_back", "deployment", f"deployment still {seen.status} after its time was over"
    if not seen.alias_as_expected:
        return "roll_back", "alias", f"someone moved the alias: it serves {seen.alias}"
    return None


def _unreadable_too_long(seen: Observation) -> _Finding | None:
    if seen.unreadable_turns >= UNREADABLE_TURNS:
        why = f"unreadable {seen.unreadable_turns} times: {seen.unreadable}"
        return "roll_back", "reading", why
    if seen.is_at_deadline:
        return "roll_back", "reading", f"unreadable at the deadline: {seen.unreadable}"
    return None


def _judged(seen: Observation) -> _Finding | None:
    """What the evidence says, and at the deadline the policy."""
    if seen.unreadable:
        return None
    if statistics.speaks_against(seen.rules, seen.evidence):
        return "roll_back", "evidence", sentences.against(seen)
    if statistics.speaks_beyond_limits(seen.rules, seen.evidence):
        return "roll_back", "limit", sentences.beyond_limits(seen)
    if statistics.speaks_for(seen.rules, seen.evidence):
        early = seen.may_end_early and seen.deadline is not None and not seen.is_at_deadline
        return ("end_early", "evidence", sentences.in_favour(seen)) if early else None
    if not seen.is_at_deadline:
        return None
    word: Word = "roll_back" if seen.on_inconclusive == "roll_back" else "inconclusive"
    return word, "policy", sentences.by_policy(seen)


def _undecided(seen: Observation) -> _Finding:
    """Nothing is decided: wait, or promote when the bake is over."""
    if seen.unreadable:
        return "error", "reading", f"could not be read this time: {seen.unreadable}"
    if seen.status != "Succeeded":
        return "continue", "deployment", f"deployment {seen.status}; {sentences.undecided(seen)}"
    remaining = (seen.completed_at or seen.now) + seen.bake_minutes * 60 - seen.now
    if remaining > 0:
        return "continue", "bake", f"all traffic shifted, {remaining} s of bake left"
    return "promote", "bake", sentences.baked(seen)
