"""
The verdict: what one look at a canary says. Pure; it asks nothing and changes nothing.

Rolling back needs evidence: an alarm, a deployment that CodeDeploy gave up, a request, or a world
that cannot be read. Promotion needs the whole of the canary and the bake without any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

UNREADABLE_TURNS = 3

Word = Literal["promote", "roll_back", "continue", "inconclusive", "error"]
Line = Literal["request", "reading", "alarm", "deployment", "alias", "bake"]


@dataclass(frozen=True)
class Counts:
    """Calls, and those of them that failed, of one version in one minute."""

    calls: int = 0
    errors: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.calls + other.calls, self.errors + other.errors)


@dataclass(frozen=True)
class Minute:
    """One minute of both versions; `start` in epoch seconds."""

    start: int
    canary: Counts = Counts()
    stable: Counts = Counts()


@dataclass(frozen=True)
class Observation:
    """
    What was seen this turn. Times in epoch seconds.

    `status` and `deployment_error` are CodeDeploy's; `red` says which alarms are in ALARM and why;
    `unreadable` what could not be read and `unreadable_turns` how often in a row, this one
    included; `deadline` is when the deployment must be over; `completed_at` when it was.
    """

    now: int
    canary_version: str
    stable_version: str
    status: str
    deadline: int
    bake_minutes: int
    completed_at: int | None = None
    deployment_error: str = ""
    alias: str = ""
    alias_as_expected: bool = True
    red: str = ""
    requested: str = ""
    unreadable: str = ""
    unreadable_turns: int = 0
    minutes: Sequence[Minute] = ()


@dataclass(frozen=True)
class Verdict:
    """The word, which line of defence spoke it, and the sentence that an operator reads."""

    verdict: Word
    decided_by: Line
    reason: str


def judge(seen: Observation) -> Verdict:
    """This turn's verdict; its reason begins with what both versions served."""
    word, decided_by, why = _against(seen) or _undecided(seen)
    if seen.unreadable:
        return Verdict(word, decided_by, why)  # what was not read is not zero
    return Verdict(word, decided_by, f"{served(seen)}; {why}")


_Finding: TypeAlias = tuple[Word, Line, str]


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
        why = f"unreadable {seen.unreadable_turns} times: {seen.unreadable}"
        late = seen.unreadable_turns >= UNREADABLE_TURNS
        return ("roll_back", "reading", why) if late else None
    if seen.status != "Succeeded" and seen.now > seen.deadline:
        return "roll_back", "deployment", f"deployment still {seen.status} after its time was over"
    if not seen.alias_as_expected:
        return "roll_back", "alias", f"someone moved the alias: it serves {seen.alias}"
    return None


def _undecided(seen: Observation) -> _Finding:
    """Nothing speaks against it: wait, or promote when the bake is over."""
    if seen.unreadable:
        return "error", "reading", f"could not be read this time: {seen.unreadable}"
    if seen.status != "Succeeded":
        return "continue", "deployment", f"deployment {seen.status}"
    remaining = (seen.completed_at or seen.now) + seen.bake_minutes * 60 - seen.now
    if remaining > 0:
        return "continue", "bake", f"all traffic shifted, {remaining} s of bake left"
    return "promote", "bake", f"no alarm seen through canary and {seen.bake_minutes} min of bake"


def served(seen: Observation) -> str:
    """`version 8 failed 12 of 41 calls (29.3 %), version 7 0 of 367 (0.0 %)`."""
    canary = sum((minute.canary for minute in seen.minutes), Counts())
    stable = sum((minute.stable for minute in seen.minutes), Counts())
    return (
        f"version {seen.canary_version} failed {_share(canary)}, "
        f"version {seen.stable_version} {_share(stable)}"
    )


def _share(counts: Counts) -> str:
    if not counts.calls:
        return "none of 0 calls"
    return f"{counts.errors} of {counts.calls} calls ({100 * counts.errors / counts.calls:.1f} %)"
