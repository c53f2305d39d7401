"""What the findings gate reads, and what it has seen: parts of the plan and of the state."""

from __future__ import annotations

from typing import Literal

import msgspec

from release.request import ReportFormat
from release.severity import Severity


class _Payload(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """As every payload: members that a later version of the stack adds are ignored."""


class ReportObject(_Payload, frozen=True, kw_only=True):
    """A report in the artifact bucket, in the version that was there when the release began."""

    format: ReportFormat | Literal["exceptions"]
    key: str
    version: str
    size: int


class Scans(_Payload, frozen=True, kw_only=True):
    """What the findings gate reads."""

    reports: list[ReportObject]
    exceptions: ReportObject | None = None


class Accepted(_Payload, frozen=True, kw_only=True):
    """An exception that kept findings from stopping the release."""

    rule: str
    path: str
    reason: str
    expires: str
    problems: int


class Findings(_Payload, frozen=True, kw_only=True):
    """
    ImportFindings's result, and what the record keeps. What several scanners report is one problem.

    `problems` by severity, exceptions and all; `blocking` names the gravest of `blocked`.
    `void_exceptions` do not count, and say why. `left_out` findings were too many to import.
    """

    problems: dict[Severity, int]
    blocked: int
    blocking: list[str]
    exceptions: list[Accepted]
    void_exceptions: list[str]
    imported: int
    archived: int
    left_out: int
