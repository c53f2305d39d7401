"""Which scan reports a release brings: each is there, and fixed in its version."""

from __future__ import annotations

from typing import Literal

from release import environment
from release.aws import s3
from release.environment import Environment
from release.errors import InvalidRequestError
from release.request import ReportFormat, Request
from release.scanned import ReportObject, Scans

MOST_BYTES = 100 * 1024 * 1024  # of all reports together: what ImportFindings has memory for


def find(asked: Request, stack: Environment) -> Scans | None:
    """The reports that the request names; None where it names none, and may."""
    if not asked.findings:
        _refuse_none(stack)
        return None
    reports = [_found(each.format, each.key) for each in asked.findings]
    exceptions = _found("exceptions", asked.exceptions) if asked.exceptions else None
    _refuse_large(sum(each.size for each in reports) + (exceptions.size if exceptions else 0))
    return Scans(reports=reports, exceptions=exceptions)


def _refuse_none(stack: Environment) -> None:
    if stack.require_findings != "none":
        raise InvalidRequestError(
            "the request names no findings, but this stack demands scan reports (parameter "
            "RequireFindings). Upload them below reports/ and name them. Nothing changed."
        )


def _refuse_large(size: int) -> None:
    if size > MOST_BYTES:
        raise InvalidRequestError(
            f"the reports have {size:,} bytes together; {MOST_BYTES:,} (100 MB) are the most. "
            "Let the scanners leave out code and flows. Nothing changed."
        )


def _found(kind: ReportFormat | Literal["exceptions"], key: str) -> ReportObject:
    bucket = environment.read().artifact_bucket
    found = s3.head(bucket, key)
    if found is None or not found.size:
        raise InvalidRequestError(
            f"there is no report s3://{bucket}/{key}, or it is empty. Upload it first. "
            "Nothing changed."
        )
    return ReportObject(format=kind, key=key, version=found.version, size=found.size)
