"""Following an execution to its end, a line for each change; and what its end exits with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from rich.console import Console

from canary.cli import screen
from canary.cli.group import FAILED, INTERRUPTED, ROLLED_BACK, USER_ERROR
from canary.cli.watch import End, Glance, Watch
from release.aws import failures
from release.errors import UnreadableError

_FIRST_SECONDS = 1
_POLL_SECONDS = 5
_SLOW = {"EvaluateCanary": 15}  # nothing happens fast there
_TRIES = 20

# What the release machine refuses before anything that serves was touched.
_REFUSALS = {
    "AlarmCoverageError",
    "FindingsBlockedError",
    "FrozenError",
    "InvalidRequestError",
    "NothingToReleaseError",
    "NothingToRollBackError",
    "PackageInvalidError",
    "ReleaseInProgressError",
    "ReportUnreadableError",
    "TargetNotReadyError",
}
_RELEASE_CODES = {
    "promoted": 0,
    "planned": 0,
    "baking": 0,
    "refused": USER_ERROR,
    "rolled_back": ROLLED_BACK,
}
_ROLLBACK_CODES = {"rolled_back": 0, "refused": USER_ERROR}


@dataclass(frozen=True)
class Target:
    """What a verb acts on, and how the user types it."""

    function: str
    alias: str
    environment: str

    def __str__(self) -> str:
        """`function:alias`."""
        return f"{self.function}:{self.alias}"

    def how_to_look(self) -> str:
        """The command that shows it."""
        return f"To look at it, type: canary status {self._typed()}"

    def how_to_go_on(self) -> str:
        """What can be done with what goes on by itself."""
        return (
            f"To follow it, type: canary status {self._typed()} --watch\n"
            f"To undo it, type: canary rollback {self._typed()}"
        )

    def _typed(self) -> str:
        alias = "" if self.alias == "live" else f" --alias {self.alias}"
        environment = "" if self.environment == "default" else f" --environment {self.environment}"
        return f"{self.function}{alias}{environment}"


def document(end: End) -> dict[str, object]:
    """The end of an execution, for machines."""
    ended: dict[str, object] = {
        "status": end.status,
        "outcome": outcome_of(end),
        "error": end.error or None,
        "reason": end.reason,
        "stableVersion": end.stable_version or None,
        "newVersion": end.new_version or None,
        "seconds": end.seconds,
    }
    return ended | ({"plan": end.plan} if end.outcome == "planned" else {})


def sentence(target: Target, end: End) -> tuple[str, str, str]:
    """How a release ended: colour, word, and what an operator reads."""
    if end.outcome == "promoted":
        return "green", "promoted", f"{target} serves version {end.new_version} alone; {end.reason}"
    if end.outcome == "planned":
        return "green", "planned", f"{target} can be released; nothing was changed.\n{_plan(end)}"
    if end.outcome == "baking":
        return "green", "baking", f"{target} serves version {end.new_version} alone; {end.reason}"
    if end.outcome == "rolled_back":
        back = f"{target} serves version {end.stable_version} alone again"
        return "red", "rolled back", f"{back}; {end.reason}"
    word = end.error or end.status
    return "red", word, end.reason or f"the execution has ended. {target.how_to_look()}"


def _plan(end: End) -> str:
    plan = end.plan
    traffic, policy = plan["traffic"], plan["policy"]
    lines = {
        "from": f"version {plan['stableVersion']}",
        "traffic": f"{traffic['config']}, {traffic['minutes']} min",
        "then": f"{policy['bakeMinutes']} min of bake, {policy['guardMinutes']} min of guard",
        "alarms": ", ".join(plan["alarms"]),
        "warnings": "; ".join(plan["warnings"]) or "none",
    }
    return "\n".join(f"  {name:8}  {value}" for name, value in lines.items())


def outcome_of(end: End) -> str:
    """What FinishRelease said; else whether we refused it, or it failed in some other way."""
    return end.outcome or ("refused" if end.error in _REFUSALS else "failed")


def release_code(outcome: str) -> int:
    """0 promoted, planned or baking, 2 rolled back, 1 refused, 3 failed in any other way."""
    return _RELEASE_CODES.get(outcome, FAILED)


def rollback_code(outcome: str) -> int:
    """0 where the alias is whole on the version it was to go back to, 1 refused, 3 failed."""
    return _ROLLBACK_CODES.get(outcome, FAILED)


def to_its_end(
    console: Console,
    watch: Watch,
    how_to_go_on: str,
    line: Callable[[Glance], str] = screen.line,
    is_enough: Callable[[Glance], bool] = lambda _: False,
) -> End:
    """
    Print what changes until it is over, or enough was seen; Ctrl-C ends the following, and says how
    to go on.
    """
    console.print(screen.HEADING)
    try:
        return follow(
            watch,
            lambda now: console.print(line(now), soft_wrap=True),
            lambda trouble: console.print(trouble, markup=False),
            is_enough,
        )
    except KeyboardInterrupt:
        console.print(f"No longer following; it goes on by itself.\n{how_to_go_on}")
        click.get_current_context().exit(INTERRUPTED)


def follow(
    watch: Watch,
    tell: Callable[[Glance], object],
    note: Callable[[str], object] = str,
    is_enough: Callable[[Glance], bool] = lambda _: False,
) -> End:
    """Look every few seconds until it is over, or enough was seen; what has changed is told."""
    before: Glance | None = None
    time.sleep(_FIRST_SECONDS)
    while True:
        now = _look(watch, note)
        if _is_news(before, now):
            tell(now)
        if now.is_over or is_enough(now):
            return watch.end()
        before = now
        time.sleep(_SLOW.get(now.state, _POLL_SECONDS))


def _look(watch: Watch, note: Callable[[str], object]) -> Glance:
    """That AWS cannot answer now is no reason to look away."""
    for _ in range(_TRIES):
        try:
            return watch.glance(datetime.now(UTC))
        except Exception as error:
            if not (failures.is_unavailable(error) or isinstance(error, UnreadableError)):
                raise
            note(f"could not look ({failures.message(error)}); trying again")
        time.sleep(_SLOW["EvaluateCanary"])
    return watch.glance(datetime.now(UTC))


def _is_news(before: Glance | None, now: Glance) -> bool:
    if before is None:
        return True
    changed = (before.state, before.shares) != (now.state, now.shares)
    return changed or (now.state == "EvaluateCanary" and before.minute != now.minute)
