"""
The request: what CI asks for when it starts an execution.

One typed model, schema 1. Unknown and mistyped fields are refused, so that a misspelt safeguard is
never silently off.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from release.errors import InvalidRequestError
from release.severity import Severity

Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}\Z")]
AliasName = Annotated[str, Meta(pattern=r"^(?![0-9]+\Z)[a-zA-Z0-9_-]{1,128}\Z")]
GroupName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9+=,.@_-]{1,100}\Z")]
AlarmName = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=2048)]
ReportFormat = Literal["sarif", "npm-audit", "pip-audit", "checkov"]
ReportKey = Annotated[str, Meta(pattern=r"^reports/(?!.*\.\.)[!-~]+\Z", max_length=1024)]

# In bytes of JSON. The plan must fit into Step Functions' 256 KiB; Lambda takes 4 KB of variables.
_PROBE_LIMIT, _ENVIRONMENT_LIMIT = 128 * 1024, 4096


class _Part(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Part of a request; absent fields take the stack's defaults."""


class Package(_Part, frozen=True, kw_only=True):
    """An object version in the artifact bucket, below `incoming/`."""

    key: Annotated[str, Meta(pattern=r"^incoming/.+", max_length=1024)]
    version: Annotated[str, Meta(min_length=1, max_length=1024)]
    bucket: Annotated[str, Meta(min_length=3, max_length=63)] | None = None


class Configuration(_Part, frozen=True, kw_only=True):
    """What the new version has otherwise than the stable one. Memory in MB, timeout in seconds."""

    runtime: Annotated[str, Meta(max_length=64)] | None = None
    handler: Annotated[str, Meta(pattern=r"^[^\s]{1,128}\Z")] | None = None
    memory_size: Annotated[int, Meta(ge=128, le=10240)] | None = None
    timeout: Annotated[int, Meta(ge=1, le=900)] | None = None
    environment: dict[str, str] | None = None
    layers: Annotated[list[Text], Meta(max_length=5)] | None = None
    description: Annotated[str, Meta(max_length=256)] | None = None


class Deployment(_Part, frozen=True, kw_only=True):
    """Where and how traffic shifts; names of CodeDeploy."""

    config: GroupName | None = None
    application: GroupName | None = None
    group: GroupName | None = None


class Policy(_Part, frozen=True, kw_only=True):
    """
    How the release is judged and for how long. Minutes.

    `evidence_threshold` is the odds against the new version that roll back; `minimum_calls` of it
    are needed before evidence can speak for it. `max_error_rate` is the share (0 to 1) of calls
    that may fail, and `latency_slo_ms` what 95 % of calls must keep to, where there is no stable
    version to compare with. `fix_forward` names alarms that are red because of the stable version.
    `when_busy`: whether it waits while another release holds the alias.
    Findings as grave as `block_on`, and graver ones, stop the release.
    """

    bake_minutes: Annotated[int, Meta(ge=0, le=1440)] | None = None
    guard_minutes: Annotated[int, Meta(ge=0, le=10080)] | None = None
    on_inconclusive: Literal["promote", "roll_back"] | None = None
    end_early: bool | None = None
    evidence_threshold: Annotated[float, Meta(ge=10, le=1_000_000)] | None = None
    minimum_calls: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    max_error_rate: Annotated[float, Meta(gt=0, le=1)] | None = None
    latency_slo_ms: Annotated[float, Meta(gt=0, le=900_000)] | None = None
    alarms: Literal["normal", "strict"] | None = None
    fix_forward: Annotated[list[AlarmName], Meta(max_length=10)] = []
    when_busy: Literal["wait", "refuse"] | None = None
    block_on: Severity | None = None


class ProbeEvent(_Part, frozen=True, kw_only=True):
    """
    An event for the new version, before any user meets it: nothing may depend on how often it is
    sent. The answer must contain `expect`, if that is given.
    """

    payload: Any
    expect: Any | UnsetType = UNSET


class Probe(_Part, frozen=True, kw_only=True):
    """How the new version is tried out before it receives traffic."""

    events: Annotated[tuple[ProbeEvent, ...], Meta(max_length=10)] = ()


class Report(_Part, frozen=True, kw_only=True):
    """What a scanner has found: an object in the artifact bucket, below `reports/`."""

    format: ReportFormat
    key: ReportKey


class Change(_Part, frozen=True, kw_only=True):
    """What changed and who started it: text for the record, never trusted."""

    commit: Text = ""
    url: Text = ""
    actor: Text = ""
    notes: Text = ""


class Request(_Part, frozen=True, kw_only=True):
    """A release of one function through one alias: of a package, of configuration, or of both."""

    schema: Literal[1]
    function: Name
    package: Package | None = None
    alias: AliasName = "live"
    configuration: Configuration = Configuration()
    deployment: Deployment = Deployment()
    policy: Policy = Policy()
    findings: Annotated[tuple[Report, ...], Meta(max_length=20)] = ()
    exceptions: ReportKey | None = None
    probe: Probe = Probe()
    change: Change = Change()
    dry_run: bool = False


def parse(document: object) -> Request:
    """The request, or an InvalidRequestError that names the field and what it should be."""
    try:
        request = msgspec.convert(document, Request)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    if request.package is None and request.configuration == Configuration():
        raise _invalid("neither package nor configuration says what is to be released")
    if request.exceptions and not request.findings:
        raise _invalid("exceptions are of findings, but no findings are named")
    _refuse_large("probe.events", request.probe.events, _PROBE_LIMIT)
    _refuse_large(
        "configuration.environment", request.configuration.environment, _ENVIRONMENT_LIMIT
    )
    return request


def _refuse_large(name: str, value: object, limit: int) -> None:
    size = len(msgspec.json.encode(value))
    if size > limit:
        raise _invalid(f"{name} takes {size:,} bytes of JSON; {limit:,} are the most")


def _invalid(why: str) -> InvalidRequestError:
    return InvalidRequestError(f"the request is not valid: {why}. Nothing changed.")
