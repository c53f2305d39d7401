"""What can be seen of a running release or rollback, read with the ordinary AWS calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from release.aws import awslambda, cloudwatch
from release.aws.clients import client
from release.plan import Failure

_COUNT_SECONDS = 15  # how long what was counted is not asked for again


@dataclass(frozen=True)
class Judgement:
    """What EvaluateCanary said last, and when it will look again."""

    verdict: str
    decided_by: str
    reason: str
    next_look: datetime
    odds: Mapping[str, float] | None = None  # to 1, against the new version and for it
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Glance:
    """One look: state entered last, share of each version, its calls and errors last minute."""

    at: datetime
    status: str
    state: str
    shares: Mapping[str, float]
    minute: int
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    judgement: Judgement | None = None

    def count(self, version: str) -> tuple[int, int]:
        """Calls and errors of a version in the last minute."""
        return self.counts.get(version, (0, 0))

    @property
    def verdict(self) -> str:
        """The word alone; empty before the first."""
        return self.judgement.verdict if self.judgement else ""

    @property
    def is_over(self) -> bool:
        """Whether the execution has ended."""
        return self.status != "RUNNING"

    def bakes(self, served_before: Mapping[str, float]) -> bool:
        """Whether all traffic is on one version, another than before, and it is still watched."""
        (version, *others) = self.shares or [""]
        return self.state == "EvaluateCanary" and not others and version not in served_before


@dataclass(frozen=True)
class End:
    """
    How an execution ended: `outcome` as FinishRelease says it, `planned` for a dry run, `baking`
    while all traffic is on the new version and it is still watched, and empty where it did not come
    so far. `seconds` of AWS's time, `transitions` as AWS bills them.
    """

    status: str
    error: str
    outcome: str
    reason: str
    seconds: float
    transitions: int
    stable_version: str
    new_version: str
    plan: Mapping[str, Any]


class Watch:
    """Watches one execution of the release or the rollback machine."""

    def __init__(self, execution_arn: str, function: str, alias: str) -> None:
        self._arn = execution_arn
        self._function = function
        self._alias = alias
        self._counted: dict[tuple[object, ...], dict[str, tuple[int, int]]] = {}

    def glance(self, now: datetime) -> Glance:
        """What can be seen at this moment."""
        described = client("stepfunctions").describe_execution(executionArn=self._arn)
        events = client("stepfunctions").get_execution_history(
            executionArn=self._arn, reverseOrder=True, maxResults=40
        )["events"]
        shares = shares_of(self._function, self._alias)
        return Glance(
            at=now,
            status=described["status"],
            state=_last_task(events),
            shares=shares,
            minute=last_minute(now),
            counts=self._counts(now, tuple(sorted(shares))),
            judgement=_last_judgement(events),
        )

    def _counts(self, now: datetime, versions: tuple[str, ...]) -> dict[str, tuple[int, int]]:
        """Each version's calls and errors in the last minute; metrics cost money, so seldom."""
        key = (int(now.timestamp()) // _COUNT_SECONDS, versions)
        if key not in self._counted:
            self._counted = {key: counts_of(self._function, self._alias, versions, now)}
        return self._counted[key]

    def end(self) -> End:
        """How it ended, or stands; a release that failed before its plan has no versions."""
        described = client("stepfunctions").describe_execution(executionArn=self._arn)
        pages = (
            client("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=self._arn)
        )
        entered = [
            event
            for page in pages
            for event in page["events"]
            if event["type"].endswith("StateEntered")
        ]
        last = _last_input(entered)
        failure = Failure(error=described.get("error") or "", cause=described.get("cause") or "")
        finished, plan = last.get("finished", {}), last.get("plan", {})
        if described["status"] == "RUNNING":
            finished = {"outcome": "baking", "reason": last.get("canary", {}).get("reason", "")}
        stopped_at = described.get("stopDate") or datetime.now(UTC)
        return End(
            status=described["status"],
            error=failure.error,
            outcome=finished.get("outcome", "planned" if plan.get("dryRun") else ""),
            reason=finished.get("reason", failure.message),
            seconds=(stopped_at - described["startDate"]).total_seconds(),
            transitions=len(entered),
            stable_version=plan.get("stableVersion", ""),
            new_version=last.get("publication", {}).get("version", ""),
            plan=plan,
        )


def shares_of(function: str, alias: str) -> dict[str, float]:
    """The share (0 to 1) that each version receives; empty where there is no such alias."""
    found = awslambda.get_alias(function, alias)
    return {found.version: 1 - sum(found.weights.values()), **found.weights} if found else {}


def counts_of(
    function: str, alias: str, versions: tuple[str, ...], now: datetime
) -> dict[str, tuple[int, int]]:
    """Calls and errors of each version in the last complete minute."""
    minute = last_minute(now)
    counts = cloudwatch.version_counts(function, alias, versions, minute, minute + 60)
    return {
        version: counts[version if len(versions) > 1 else ""].get(minute, (0, 0))
        for version in versions
    }


def last_minute(now: datetime) -> int:
    """Start of the last complete minute, in epoch seconds."""
    return int(now.timestamp()) // 60 * 60 - 60


def _last_input(entered: list[dict[str, Any]]) -> dict[str, Any]:
    """What the last state got; a request that is no object has nothing to say."""
    last = json.loads(entered[-1]["stateEnteredEventDetails"]["input"]) if entered else {}
    return last if isinstance(last, dict) else {}


def _last_task(events: Iterable[dict[str, Any]]) -> str:
    """The state that says most: the newest Task, or the end."""
    names = (
        event["stateEnteredEventDetails"]["name"]
        for event in events
        if event["type"] in {"TaskStateEntered", "FailStateEntered", "SucceedStateEntered"}
    )
    return next(names, "")


def _last_judgement(events: Iterable[dict[str, Any]]) -> Judgement | None:
    for event in events:
        details = event.get("stateExitedEventDetails", {})
        if event["type"] == "TaskStateExited" and details["name"] == "EvaluateCanary":
            said = json.loads(details["output"])["canary"]
            wait = timedelta(seconds=said["waitSeconds"])
            return Judgement(
                said["verdict"],
                said["decidedBy"],
                said["reason"],
                event["timestamp"] + wait,
                said.get("odds"),
                said.get("metrics", {}),
            )
    return None
