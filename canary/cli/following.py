"""Following an execution to its end, a line for each change; and what its end exits with."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    "FrozenError",
    "InvalidRequestError",
    "NothingToReleaseError",
    "NothingToRollBackError",
    "PackageInvalidError",
    "ReleaseInProgressError",
    "ReleaseRefused",
    "TargetNotReadyError",
}


def release_code(end: End) -> int:
    """0 promoted or planned, 2 rolled back, 1 refused, 3 failed in any other way."""
    if end.status == "SUCCEEDED":
        return 0
    if end.error == "ReleaseRolledBack":
        return ROLLED_BACK
    return USER_ERROR if end.error in _REFUSALS else FAILED


def rollback_code(end: End) -> int:
    """0 where the alias is whole on the version it was to go back to, 1 refused, 3 failed."""
    if end.outcome == "rolled_back" and end.status == "SUCCEEDED":
        return 0
    return USER_ERROR if end.error in _REFUSALS else FAILED


def to_its_end(console: Console, watch: Watch, go_on: str) -> End:
    """Print what changes until it is over; Ctrl-C ends the following and says how to `go_on`."""
    console.print(screen.HEADING)
    try:
        return follow(watch, lambda now: console.print(screen.line(now)), console.print)
    except KeyboardInterrupt:
        console.print(f"No longer following; it goes on by itself. {go_on}")
        click.get_current_context().exit(INTERRUPTED)


def follow(
    watch: Watch, tell: Callable[[Glance], object], note: Callable[[str], object] = str
) -> End:
    """Look every few seconds until it is over; what has changed is told."""
    before: Glance | None = None
    time.sleep(_FIRST_SECONDS)
    while True:
        now = _look(watch, note)
        if _is_news(before, now):
            tell(now)
        if now.is_over:
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
