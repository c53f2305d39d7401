"""Checkov's own JSON (`-o json`): one framework is an object, several are a list of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from release.errors import ReportUnreadableError
from release.reports.finding import Finding, Report, plain_path
from release.severity import Severity

_TOOL = "Checkov"
_SEVERITIES: dict[str, Severity] = {
    "CRITICAL": "critical",
    "HIGH": "high",
    "MEDIUM": "medium",
    "LOW": "low",
    "INFO": "informational",
    "NONE": "informational",
}


class _Check(msgspec.Struct, gc=False):
    check_id: str
    file_path: str
    check_name: str | None = None
    file_line_range: list[int] | None = None
    resource: str | None = None
    severity: str | None = None
    guideline: str | None = None


class _Results(msgspec.Struct, gc=False):
    failed_checks: list[_Check]
    parsing_errors: list[str] = []


class _Summary(msgspec.Struct, gc=False):
    parsing_errors: int = 0


class _Framework(msgspec.Struct, gc=False):
    results: _Results | None = None
    summary: _Summary | None = None


def read(content: bytes | bytearray) -> Report:
    """One finding for each failed check."""
    document = msgspec.json.decode(content, type=_Framework | list[_Framework])
    frameworks = document if isinstance(document, list) else [document]
    checks = [check for each in frameworks for check in _failed(each)]
    if not frameworks:
        raise ReportUnreadableError("it is empty: nothing was scanned")
    return Report(frozenset({_TOOL}), list(_findings(checks)))


def _failed(framework: _Framework) -> list[_Check]:
    results, summary = framework.results, framework.summary or _Summary()
    if results is None:
        raise ReportUnreadableError("Checkov has scanned nothing, or wrote a summary only")
    unread = len(results.parsing_errors) or summary.parsing_errors
    if unread:
        first = next(iter(results.parsing_errors), "not named")
        raise ReportUnreadableError(f"Checkov could not parse {unread} files, first {first[:300]}")
    return results.failed_checks


def _findings(checks: list[_Check]) -> Iterator[Finding]:
    """Without an API key Checkov gives no severity: then each is medium."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for check in checks:
        path, resource = plain_path(check.file_path), check.resource or ""
        seen[check.check_id, path, resource] += 1
        title = check.check_name or check.check_id
        yield Finding(
            tool=_TOOL,
            rule=check.check_id,
            classes=(check.check_id,),
            severity=_SEVERITIES.get((check.severity or "").upper(), "medium"),
            path=path,
            line=max(next(iter(check.file_line_range or []), 0), 0),
            title=title,
            description=f"{title}: {resource}" if resource else title,
            fingerprint=f"{resource} {seen[check.check_id, path, resource]}",
            url=check.guideline or "",
        )
