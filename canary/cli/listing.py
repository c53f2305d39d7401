"""The latest releases of a stack, whatever function they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.table import Table

from canary.cli import screen
from release import record
from release.aws.clients import client

_LATEST = 20


@dataclass(frozen=True)
class Row:
    """One release; without a target where it ended before it had taken its lock."""

    release: str
    status: str
    started_at: datetime
    target: str | None = None
    outcome: str | None = None
    stable_version: str | None = None
    new_version: str | None = None
    reason: str = ""


def latest(machine: str) -> list[Row]:
    """The latest executions of the release machine, with what their releases' items say."""
    found = client("stepfunctions").list_executions(stateMachineArn=machine, maxResults=_LATEST)
    return [_row(each) for each in found["executions"]]


def table(rows: Sequence[Row]) -> Table:
    """For people."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("release", "alias", "outcome", "versions", "started (UTC)"):
        made.add_column(heading, no_wrap=True)
    for row in rows:
        versions = f"{row.stable_version} → {row.new_version or '…'}" if row.target else ""
        started = f"{row.started_at:%m-%d %H:%M}"
        made.add_row(row.release, row.target, row.outcome or row.status, versions, started)
    return made


def document(rows: Sequence[Row]) -> dict[str, object]:
    """For machines."""
    releases = [
        screen.camel(asdict(row)) | {"startedAt": row.started_at.isoformat()} for row in rows
    ]
    return {"schema": 1, "releases": releases}


def _row(execution: dict[str, Any]) -> Row:
    release = record.find(execution["name"])
    row = Row(execution["name"], execution["status"], execution["startDate"].astimezone(UTC))
    if release is None:
        return row
    return replace(
        row,
        target=release.plan.target,
        outcome=release.outcome,
        stable_version=release.plan.stable_version,
        new_version=release.new_version,
        reason=release.reason,
    )
