"""
Exceptions: findings that somebody has accepted, with a reason and until a day.

The file: `{"schema": 1, "exceptions": [{"rule": …, "path": …, "reason": …, "expires": …}]}`; `rule`
is any name of the problem (B608, CWE-89, CVE-…), and without `path` it is meant everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal

import msgspec

from release.correlation import Problem
from release.errors import ReportUnreadableError

_SHOWN = 200


class Exemption(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One exception that counts."""

    rule: str
    path: str = ""
    reason: str
    expires: date

    def covers(self, problem: Problem) -> bool:
        """Whether this problem is meant; `expires` is the last day."""
        return any(
            self.rule in each.classes and self.path in ("", each.path, each.place)
            for each in problem
        )


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema: Literal[1]
    exceptions: list[msgspec.Raw]


def parse(content: bytes | bytearray, now: float) -> tuple[list[Exemption], list[str]]:
    """The exceptions that count now, and those that do not, each with the reason why."""
    today = datetime.fromtimestamp(now, UTC).date()
    counting, void = [], []
    for number, entry in enumerate(_entries(content), 1):
        try:
            exemption = msgspec.json.decode(entry, type=Exemption)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            void.append(f"exception {number} ({_shown(entry)}): {error}"[: 2 * _SHOWN])
            continue
        if objection := _objection(exemption, today):
            void.append(f"exception {number} ({exemption.rule[:_SHOWN]}): {objection}")
        else:
            counting.append(exemption)
    return counting, void


def _entries(content: bytes | bytearray) -> Sequence[msgspec.Raw]:
    try:
        return msgspec.json.decode(content, type=_File).exceptions
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReportUnreadableError(f"it is no file of exceptions: {error}") from error


def _objection(exemption: Exemption, today: date) -> str:
    if not exemption.rule.strip():
        return "it names no rule"
    if not exemption.reason.strip():
        return "it has no reason"
    return f"it expired on {exemption.expires}" if exemption.expires < today else ""


def _shown(entry: msgspec.Raw) -> str:
    return bytes(entry).decode(errors="replace")[:_SHOWN]
