"""
SARIF 2.1.0, as CodeQL, bandit, semgrep, zizmor and Checkov write it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal, TypeVar

import msgspec

from release.errors import ReportUnreadableError
from release.reports.finding import Finding, Report, plain_path
from release.severity import Severity, of_score

_SEVERITIES: dict[str, Severity] = {
    "error": "high",
    "warning": "medium",
    "note": "low",
    "none": "informational",
}
_NO_FINDING = {"pass", "notApplicable", "informational"}
_WEAKNESS = re.compile(r"\bcwe-0*(\d+)", re.IGNORECASE)
_NO_FINGERPRINT = "requires login"  # what semgrep writes for all results alike
_Item = TypeVar("_Item")
_KEPT = 1024  # characters of a text; Security Hub takes no more


class _Part(msgspec.Struct, rename="camel", gc=False):
    """Part of a report: only what is read of it."""


class _Text(_Part):
    text: str | None = None


class _Properties(_Part):
    tags: list[str] | None = None
    score: str | float | None = msgspec.field(name="security-severity", default=None)


class _Configuration(_Part):
    level: Literal["none", "note", "warning", "error"] | None = None


class _Rule(_Part):
    id: str = ""
    short_description: _Text | None = None
    full_description: _Text | None = None
    help_uri: str | None = None
    default_configuration: _Configuration | None = None
    properties: _Properties | None = None


class _Component(_Part):
    name: str = ""
    rules: list[_Rule] | None = None


class _Tool(_Part):
    driver: _Component
    extensions: list[_Component] | None = None


class _ComponentReference(_Part):
    index: int = -1


class _RuleReference(_Part):
    id: str | None = None
    index: int = -1
    tool_component: _ComponentReference | None = None


class _Artifact(_Part):
    """A file, where it is described or referred to."""

    uri: str | None = None
    index: int = -1
    location: _Artifact | None = None


class _Region(_Part):
    start_line: int = 0
    snippet: _Text | None = None


class _Physical(_Part):
    artifact_location: _Artifact | None = None
    region: _Region | None = None


class _Location(_Part):
    physical_location: _Physical | None = None


class _Suppression(_Part):
    status: str | None = None


class _Result(_Part):
    rule_id: str | None = None
    rule_index: int = -1
    rule: _RuleReference | None = None
    kind: str | None = None
    level: Literal["none", "note", "warning", "error"] | None = None
    baseline_state: str | None = None
    message: _Text | None = None
    locations: list[_Location] | None = None
    fingerprints: dict[str, str] | None = None
    partial_fingerprints: dict[str, str] | None = None
    suppressions: list[_Suppression] | None = None
    properties: _Properties | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something, and nobody has dismissed it."""
        dismissed = self.suppressions and all(
            each.status in (None, "accepted") for each in self.suppressions
        )
        return not (dismissed or self.kind in _NO_FINDING or self.baseline_state == "absent")


class _Notification(_Part):
    level: str | None = None
    message: _Text | None = None


class _Invocation(_Part):
    execution_successful: bool | None = None
    tool_execution_notifications: list[_Notification] | None = None
    tool_configuration_notifications: list[_Notification] | None = None


class _Run(msgspec.Struct, rename="camel", dict=True):
    tool: _Tool
    results: list[_Result] | None = None
    invocations: list[_Invocation] | None = None
    artifacts: list[_Artifact] | None = None

    @cached_property
    def rules(self) -> dict[str, _Rule]:
        """All rules by their id."""
        components = [self.tool.driver, *(self.tool.extensions or [])]
        return {rule.id: rule for each in components for rule in each.rules or []}


class _Log(_Part):
    version: Literal["2.1.0"]
    runs: list[_Run]


_decoder = msgspec.json.Decoder(_Log)


def read(content: bytes | bytearray) -> Report:
    """The findings of all runs; a run that failed, or has no results, has not been one."""
    log = _decoder.decode(content)
    if not log.runs:
        raise ReportUnreadableError("it has no run: nothing was scanned")
    for run in log.runs:
        _refuse_what_failed(run)
    findings = [finding for run in log.runs for finding in _findings(run)]
    return Report(frozenset(run.tool.driver.name for run in log.runs), findings)


def _refuse_what_failed(run: _Run) -> None:
    tool = run.tool.driver.name
    if not tool:
        raise ReportUnreadableError("a run does not name its tool")
    if run.results is None:
        raise ReportUnreadableError(f"the run of {tool} has no results: it did not scan")
    for invocation in run.invocations or []:
        for each in (
            *(invocation.tool_execution_notifications or ()),
            *(invocation.tool_configuration_notifications or ()),
        ):
            if each.level == "error":
                raise ReportUnreadableError(f"{tool} reports an error: {_text(each.message)[:300]}")
        if invocation.execution_successful is False:
            raise ReportUnreadableError(f"{tool} says that it did not succeed")


def _findings(run: _Run) -> Iterator[Finding]:
    """The same text twice in a file is told apart by its number."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for result in run.results or []:
        if not result.is_open:
            continue
        rule = _rule(run, result)
        path, line, snippet = _place(run, result)
        text = _text(result.message)
        known_by = _fingerprint(result) or " ".join(snippet.split()) or text
        seen[rule.id, path, known_by] += 1
        yield Finding(
            tool=run.tool.driver.name,
            rule=rule.id,
            classes=(rule.id, *_weaknesses(rule, result)),
            severity=_severity(rule, result),
            path=path,
            line=line,
            title=_text(rule.short_description) or text or rule.id,
            description=text or _text(rule.full_description),
            fingerprint=f"{known_by} {seen[rule.id, path, known_by]}",
            url=rule.help_uri or "",
        )


def _rule(run: _Run, result: _Result) -> _Rule:
    """By index where that is right, else by id; a rule that is not described has its id only."""
    reference = result.rule or _RuleReference()
    name = result.rule_id or reference.id
    index = result.rule_index if result.rule_index >= 0 else reference.index
    rule = _at(_component(run, reference).rules, index)
    if rule and _is_of(rule, name):
        return rule
    return run.rules.get(name or "") or _Rule(id=name or "(no rule)")


def _is_of(rule: _Rule, name: str | None) -> bool:
    """Whether a result's rule id, which may go on after a slash, means this rule."""
    return name is None or name == rule.id or name.startswith(f"{rule.id}/")


def _component(run: _Run, reference: _RuleReference) -> _Component:
    """The extension that is referred to, or the tool itself."""
    index = reference.tool_component.index if reference.tool_component else -1
    return _at(run.tool.extensions, index) or run.tool.driver


def _at(items: Sequence[_Item] | None, index: int) -> _Item | None:
    """SARIF's -1 is no index."""
    return items[index] if items and 0 <= index < len(items) else None


def _place(run: _Run, result: _Result) -> tuple[str, int, str]:
    """File, line and the text that is there, of the first location."""
    physical = next(
        (each.physical_location for each in result.locations or () if each.physical_location),
        _Physical(),
    )
    artifact, region = physical.artifact_location or _Artifact(), physical.region or _Region()
    described = _at(run.artifacts, artifact.index)
    if artifact.uri is None and described:
        artifact = described.location or artifact
    return plain_path(artifact.uri or ""), max(region.start_line, 0), _text(region.snippet)


def _fingerprint(result: _Result) -> str:
    """As the tool has it: what is stable first, then what is nearly so."""
    given = result.fingerprints or result.partial_fingerprints or {}
    return " ".join(given[name] for name in sorted(given) if given[name] != _NO_FINGERPRINT)


def _weaknesses(rule: _Rule, result: _Result) -> tuple[str, ...]:
    """What kind of weakness it is, as `CWE-89`: scanners share no other name for it."""
    tags = [
        tag
        for properties in (rule.properties, result.properties)
        for tag in (properties and properties.tags) or []
    ]
    found = {f"CWE-{match[1]}" for tag in tags for match in _WEAKNESS.finditer(tag)}
    return tuple(sorted(found))


def _severity(rule: _Rule, result: _Result) -> Severity:
    """The score, where there is one; else the level."""
    for properties in (result.properties, rule.properties):
        score = _score(properties)
        if score is not None:
            return of_score(score)
    usual = rule.default_configuration.level if rule.default_configuration else None
    return _SEVERITIES[result.level or usual or "warning"]


def _score(properties: _Properties | None) -> float | None:
    if properties is None or properties.score is None:
        return None
    try:
        score = float(properties.score)
    except ValueError:
        return None
    return score if math.isfinite(score) and 0 <= score <= 10 else None


def _text(message: _Text | None) -> str:
    return (message.text or "")[:_KEPT] if message else ""
