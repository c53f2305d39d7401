"""
What passes from state to state of the release machine.

Each Task gets `{"execution": …, "state": …}`; its result becomes one member of the state.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from release.errors import ReleaseStaleError
from release.request import Change, Configuration, Probe, ProbeEvent
from release.scanned import Findings, Scans
from release.severity import Severity


class _Payload(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A payload; members that a later version of the stack adds are ignored."""


class Execution(_Payload, frozen=True, kw_only=True):
    """Who acts: this execution, in this redrive."""

    arn: str
    redrive_count: int

    @property
    def name(self) -> str:
        """The execution's name; for the release machine, that is the release's id."""
        return self.arn.rpartition(":")[2]


class Source(_Payload, frozen=True, kw_only=True):
    """
    The unsigned package. `content_hash` covers names, sizes and checksums of its entries.

    With `signing_job`, what that job has signed: the stable version's code, in a release of its
    configuration alone. An empty key means that it is in `$LATEST` already.
    """

    bucket: str
    key: str
    version: str
    content_hash: str
    signing_job: str = ""

    @property
    def is_signed(self) -> bool:
        """Whether there is nothing left to sign."""
        return bool(self.signing_job)


class Traffic(_Payload, frozen=True, kw_only=True):
    """How traffic will shift: CodeDeploy's names, and minutes until all of it is over."""

    application: str
    group: str
    config: str
    minutes: int


class Policy(_Payload, frozen=True, kw_only=True):
    """The policy in force, after request, function's and stack's defaults; as in the request."""

    bake_minutes: int
    guard_minutes: int
    on_inconclusive: Literal["promote", "roll_back"]
    end_early: bool
    evidence_threshold: float
    minimum_calls: int
    max_error_rate: float
    latency_slo_ms: float | None
    alarms: Literal["normal", "strict"]
    fix_forward: list[str]
    when_busy: Literal["wait", "refuse"] = "wait"
    block_on: Severity = "high"


class CodeSigning(_Payload, frozen=True, kw_only=True):
    """What signs the package, and the function's config that demands it."""

    profile: str
    profile_version_arn: str
    config_arn: str


class Plan(_Payload, frozen=True, kw_only=True):
    """
    All that was decided before anything changed. Times are seconds since the epoch; `started_at`
    is the execution's.

    `alarms` watch this release; none looks back further than `alarm_window_seconds`.
    """

    schema: Literal[1]
    release: str
    function: str
    alias: str
    stable_version: str
    source: Source
    configuration: Configuration
    traffic: Traffic
    policy: Policy
    code_signing: CodeSigning
    alarms: list[str]
    alarm_window_seconds: int
    warnings: list[str]
    change: Change
    planned_at: int
    started_at: float = 0
    dry_run: bool
    probe: Probe = Probe()
    scans: Scans | None = None

    @property
    def target(self) -> str:
        """`function:alias`, the thing that is locked."""
        return f"{self.function}:{self.alias}"


class Signing(_Payload, frozen=True, kw_only=True):
    """SignPackage's result; key and version of the signed object once it has succeeded."""

    status: Literal["IN_PROGRESS", "SUCCEEDED"]
    wait_seconds: int
    job_id: str
    started_at: int
    bucket: str = ""
    key: str = ""
    version: str = ""


class Publication(_Payload, frozen=True, kw_only=True):
    """PublishVersion's result; `code_sha256` is that of the signed package, in base64."""

    status: Literal["IN_PROGRESS", "SUCCEEDED"]
    wait_seconds: int
    started_at: int
    redrive_count: int
    code_sha256: str = ""
    version: str = ""


class Answer(_Payload, frozen=True, kw_only=True):
    """How the new version answered one probe event; `milliseconds` is 0 where nobody knows."""

    ok: bool
    milliseconds: int


class Probed(_Payload, frozen=True, kw_only=True):
    """ProbeVersion's result: one answer for each event."""

    answers: list[Answer]


class Deployment(_Payload, frozen=True, kw_only=True):
    """StartDeployment's result."""

    deployment_id: str
    started_at: int


class Odds(_Payload, frozen=True, kw_only=True):
    """Evidence as odds to 1: that the new version is worse, and that it is not."""

    against: float
    in_favour: float


class Canary(_Payload, frozen=True, kw_only=True):
    """
    EvaluateCanary's result: this turn's verdict, who decided, why, and by which evidence.

    `minutes` had calls of both versions; `settled` says that the deadline has been judged.
    """

    verdict: Literal["promote", "end_early", "roll_back", "continue", "inconclusive", "error"]
    decided_by: str
    reason: str
    wait_seconds: int
    unreadable: int = 0
    settled: bool = False
    minutes: int = 0
    canary_calls: int = 0
    stable_calls: int = 0
    odds: Odds | None = None
    metrics: dict[str, Odds] = {}


class Promotion(_Payload, frozen=True, kw_only=True):
    """PromoteVersion's result: all traffic is on the new version once it has succeeded."""

    status: Literal["IN_PROGRESS", "SUCCEEDED"]
    wait_seconds: int


class RolledBack(_Payload, frozen=True, kw_only=True):
    """How far one release's way back is; `outcome` is empty until it is over."""

    release: str
    whole_reads: int = 0
    outcome: Literal["", "rolled_back", "rollback_failed", "failed", "promoted", "refused"] = ""
    reason: str = ""


class Rollback(_Payload, frozen=True, kw_only=True):
    """RollBack's result: every release that was meant."""

    status: Literal["IN_PROGRESS", "SUCCEEDED"]
    wait_seconds: int
    started_at: int
    releases: list[RolledBack]


class Failure(_Payload, frozen=True, kw_only=True, rename="pascal"):
    """What a Catch writes into the state."""

    error: str
    cause: str = ""

    @property
    def message(self) -> str:
        """What it said; Lambda's cause is JSON with the message in it."""
        try:
            return str(msgspec.json.decode(self.cause)["errorMessage"])
        except (msgspec.DecodeError, KeyError, TypeError):
            return self.cause

    @property
    def sentence(self) -> str:
        """`ErrorName: what it said`."""
        return f"{self.error}: {self.message}" if self.message else self.error


class State(_Payload, frozen=True, kw_only=True):
    """The release machine's state: the plan, and the results so far."""

    plan: Plan
    findings: Findings | None = None
    signing: Signing | None = None
    publication: Publication | None = None
    probe: Probed | None = None
    deployment: Deployment | None = None
    canary: Canary | None = None
    promotion: Promotion | None = None
    rollback: Rollback | None = None
    refusal: Failure | None = None
    failure: Failure | None = None
    rollback_failure: Failure | None = None


def without_values(plan: Plan) -> Plan:
    """Environment variables and probe events may be secrets: only names and number are left."""
    variables = plan.configuration.environment
    names = None if variables is None else dict.fromkeys(variables, "(not kept)")
    hidden = tuple(ProbeEvent(payload="(not kept)") for _ in plan.probe.events)
    return replace(
        plan,
        configuration=replace(plan.configuration, environment=names),
        probe=Probe(events=hidden),
    )


def parse_execution(event: dict[str, Any]) -> Execution:
    """Who acts, from a Task's input."""
    return msgspec.convert(event["execution"], Execution)


def parse(event: dict[str, Any]) -> tuple[Execution, State]:
    """
    A Task's input. ReleaseStaleError when another version of this stack wrote it and it is no
    longer understood, which a redrive after an upgrade can meet.
    """
    return parse_execution(event), parse_state(event["state"])


def parse_state(state: object) -> State:
    """The release machine's state; ReleaseStaleError when it is no longer understood."""
    try:
        return msgspec.convert(state, State)
    except msgspec.ValidationError as error:
        raise ReleaseStaleError(
            f"the state of this execution is not understood by this version of the stack "
            f"({error}). Start a new execution with the same input."
        ) from error
