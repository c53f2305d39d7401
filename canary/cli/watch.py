"""What can be seen of a running release, read with the ordinary AWS calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from release.aws import awslambda, cloudwatch

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Glance:
    """One look: state entered last, share of each version, its calls and errors last minute."""

    at: datetime
    status: str
    state: str
    shares: Mapping[str, float]
    minute: int
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    verdict: str = ""


@dataclass(frozen=True)
class End:
    """How an execution ended. `seconds` of AWS's time, `transitions` as AWS bills them."""

    status: str
    outcome: str
    reason: str
    seconds: float
    transitions: int
    stable_version: str
    new_version: str


class Watch:
    """Watches one execution of the release machine."""

    def __init__(self, client: Client, execution_arn: str, function: str, alias: str) -> None:
        self._client = client
        self._arn = execution_arn
        self._function = function
        self._alias = alias

    def glance(self, now: datetime) -> Glance:
        """What can be seen at this moment."""
        described = self._client("stepfunctions").describe_execution(executionArn=self._arn)
        events = self._client("stepfunctions").get_execution_history(
            executionArn=self._arn, reverseOrder=True, maxResults=20
        )["events"]
        alias = awslambda.get_alias(self._function, self._alias)
        shares = {alias.version: 1 - sum(alias.weights.values()), **alias.weights} if alias else {}
        minute = int(now.timestamp()) // 60 * 60 - 60
        counts = cloudwatch.version_counts(
            self._function, self._alias, sorted(shares), minute, minute + 60
        )
        return Glance(
            at=now,
            status=described["status"],
            state=_last_task(events),
            shares=shares,
            minute=minute,
            counts={
                version: counts[version if len(shares) > 1 else ""].get(minute, (0, 0))
                for version in shares
            },
            verdict=_last_verdict(events),
        )

    def end(self) -> End:
        """How it ended; a release that failed before its plan has no versions."""
        described = self._client("stepfunctions").describe_execution(executionArn=self._arn)
        pages = (
            self._client("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=self._arn)
        )
        entered = [
            event
            for page in pages
            for event in page["events"]
            if event["type"].endswith("StateEntered")
        ]
        last = json.loads(entered[-1]["stateEnteredEventDetails"]["input"])
        finished = last.get("finished", {})
        return End(
            status=described["status"],
            outcome=finished.get("outcome", described.get("error", "unknown")),
            reason=finished.get("reason", described.get("cause", "")),
            seconds=(described["stopDate"] - described["startDate"]).total_seconds(),
            transitions=len(entered),
            stable_version=last.get("plan", {}).get("stableVersion", ""),
            new_version=last.get("publication", {}).get("version", ""),
        )


def _last_task(events: list[dict[str, Any]]) -> str:
    """The state that says most: the newest Task, or the end."""
    names = (
        event["stateEnteredEventDetails"]["name"]
        for event in events
        if event["type"] in {"TaskStateEntered", "FailStateEntered", "SucceedStateEntered"}
    )
    return next(names, "")


def _last_verdict(events: list[dict[str, Any]]) -> str:
    outputs: Iterator[dict[str, Any]] = (
        json.loads(event["stateExitedEventDetails"]["output"])
        for event in events
        if event["type"] == "TaskStateExited"
        and event["stateExitedEventDetails"]["name"] == "EvaluateCanary"
    )
    return str(next(outputs, {}).get("canary", {}).get("verdict", ""))
