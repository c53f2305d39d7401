"""
Scan reports: what four formats say, as findings.

Whoever could not ask has not found nothing: a scanner that says so, and a report that is not what
it is said to be, are a ReportUnreadableError.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from release.errors import ReportUnreadableError
from release.reports import checkov, npm_audit, pip_audit, sarif
from release.reports.finding import Finding, Report
from release.request import ReportFormat

__all__ = ["Finding", "Report", "parse"]

_READERS: dict[ReportFormat, Callable[[bytes | bytearray], Report]] = {
    "sarif": sarif.read,
    "npm-audit": npm_audit.read,
    "pip-audit": pip_audit.read,
    "checkov": checkov.read,
}


def parse(report_format: ReportFormat, content: bytes | bytearray) -> Report:
    """What the report says."""
    try:
        return _READERS[report_format](content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReportUnreadableError(f"it is no {report_format} report: {error}") from error
