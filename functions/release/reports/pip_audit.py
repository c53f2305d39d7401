"""`pip-audit --format json`."""

from __future__ import annotations

import msgspec

from release.errors import ReportUnreadableError
from release.reports.finding import Finding, Report

_TOOL = "pip-audit"


class _Vulnerability(msgspec.Struct, gc=False):
    id: str
    fix_versions: list[str] = []
    aliases: list[str] = []
    description: str | None = None


class _Dependency(msgspec.Struct, gc=False):
    name: str
    version: str | None = None
    vulns: list[_Vulnerability] | None = None
    skip_reason: str | None = None


class _Audit(msgspec.Struct):
    dependencies: list[_Dependency]


def read(content: bytes | bytearray) -> Report:
    """One finding for each vulnerability of a dependency. It has no severities: each is high."""
    audit = msgspec.json.decode(content, type=_Audit)
    skipped = [each for each in audit.dependencies if each.vulns is None or each.skip_reason]
    if skipped:
        reason = skipped[0].skip_reason or "no reason given"
        raise ReportUnreadableError(
            f"pip-audit has skipped {len(skipped)} of {len(audit.dependencies)} dependencies, "
            f"first {skipped[0].name} ({reason[:300]}). Run it with --strict, and leave out what "
            "is no package of an index"
        )
    findings = [
        _finding(dependency, each)
        for dependency in audit.dependencies
        for each in dependency.vulns or []
    ]
    return Report(frozenset({_TOOL}), findings)


def _finding(dependency: _Dependency, found: _Vulnerability) -> Finding:
    fixed = ", ".join(found.fix_versions) or "no version"
    title = f"{found.id} in {dependency.name} {dependency.version or ''}".strip()
    return Finding(
        tool=_TOOL,
        rule=found.id,
        classes=tuple(dict.fromkeys((found.id, *found.aliases))),
        severity="high",
        path=dependency.name,
        line=0,
        title=title,
        description=f"{title}; fixed in {fixed}. {(found.description or '')[:1024]}",
        fingerprint=found.id,
    )
