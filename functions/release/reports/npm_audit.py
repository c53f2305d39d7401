"""`npm audit --json`, version 2 of its report."""

from __future__ import annotations

from typing import Literal

import msgspec

from release.errors import ReportUnreadableError
from release.reports.finding import Finding, Report
from release.severity import Severity

_TOOL = "npm audit"
_SEVERITIES: dict[str, Severity] = {
    "critical": "critical",
    "high": "high",
    "moderate": "medium",
    "low": "low",
    "info": "informational",
    "none": "informational",
}


class _Advisory(msgspec.Struct, gc=False):
    source: int | str
    name: str
    severity: Literal["critical", "high", "moderate", "low", "info", "none"]
    title: str | None = None
    url: str | None = None
    range: str | None = None

    @property
    def id(self) -> str:
        """`GHSA-…`, or npm's own number."""
        tail = (self.url or "").rstrip("/").rpartition("/")[2]
        return tail if tail.startswith("GHSA-") else f"npm-{self.source}"


class _Vulnerability(msgspec.Struct, gc=False):
    via: list[str | _Advisory]


class _Audit(msgspec.Struct, rename="camel"):
    audit_report_version: int | None = None
    vulnerabilities: dict[str, _Vulnerability] | None = None
    error: object = None
    message: str | None = None


def read(content: bytes | bytearray) -> Report:
    """One finding for each advisory and package; who only depends on it is no finding."""
    audit = msgspec.json.decode(content, type=_Audit)
    if audit.error is not None or audit.message is not None:
        raise ReportUnreadableError(f"npm could not ask: {_said(audit)[:300]}")
    if audit.audit_report_version != 2 or audit.vulnerabilities is None:
        raise ReportUnreadableError("it is no npm audit report of version 2 (npm 7 or newer)")
    advisories = {
        (each.id, each.name): each
        for vulnerability in audit.vulnerabilities.values()
        for each in vulnerability.via
        if isinstance(each, _Advisory)
    }
    _refuse_dangling(audit.vulnerabilities)
    return Report(frozenset({_TOOL}), [_finding(each) for each in advisories.values()])


def _refuse_dangling(vulnerabilities: dict[str, _Vulnerability]) -> None:
    """Every package must be vulnerable by an advisory in the end."""
    explained = {
        name
        for name, each in vulnerabilities.items()
        if any(isinstance(cause, _Advisory) for cause in each.via)
    }
    left = vulnerabilities.keys() - explained
    while more := {name for name in left if explained.intersection(vulnerabilities[name].via)}:
        explained |= more
        left -= more
    if left:
        raise ReportUnreadableError(
            f"{', '.join(sorted(left)[:5])}: vulnerable, but by no advisory of the report"
        )


def _finding(advisory: _Advisory) -> Finding:
    title = advisory.title or advisory.id
    return Finding(
        tool=_TOOL,
        rule=advisory.id,
        classes=(advisory.id,),
        severity=_SEVERITIES[advisory.severity],
        path=advisory.name,
        line=0,
        title=title,
        description=f"{title}. Affected: {advisory.name} {advisory.range or '(all versions)'}",
        fingerprint=advisory.id,
        url=advisory.url or "",
    )


def _said(audit: _Audit) -> str:
    return audit.message or msgspec.json.encode(audit.error).decode()
