"""What starts the rollback machine: EventBridge's events, typed."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec

from release.errors import InvalidRequestError


class AlarmState(msgspec.Struct, frozen=True):
    """State of an alarm; `timestamp` in ISO 8601."""

    value: str
    timestamp: str
    reason: str = "no reason given"


class Alarm(msgspec.Struct, frozen=True, rename="camel"):
    """
    An alarm has changed its state.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """

    alarm_name: str
    state: AlarmState

    @property
    def at(self) -> float:
        """When it changed, in seconds since the epoch."""
        return datetime.fromisoformat(self.state.timestamp).timestamp()


class EndedExecution(msgspec.Struct, frozen=True, rename="camel"):
    """
    An execution has ended.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """

    execution_arn: str
    status: str = "has ended"
    redrive_count: int | None = 0
    error: str | None = None

    @property
    def release(self) -> str:
        """The execution's name: the id of its release."""
        return self.execution_arn.rpartition(":")[2]

    @property
    def redrives(self) -> int:
        """How often it had been redriven when it ended."""
        return self.redrive_count or 0


Trigger: TypeAlias = Alarm | EndedExecution


def ended_at(event: Trigger | None, execution_arn: str) -> int | None:
    """The redrive count at which the event says that this execution has ended, if it does."""
    if isinstance(event, EndedExecution) and event.execution_arn == execution_arn:
        return event.redrives
    return None


_KINDS: dict[object, type[Alarm] | type[EndedExecution]] = {
    "CloudWatch Alarm State Change": Alarm,
    "Step Functions Execution Status Change": EndedExecution,
}


def parse(event: object) -> Trigger:
    """The event, or an InvalidRequestError that says what is wrong with it."""
    event = event if isinstance(event, dict) else {}
    kind = event.get("detail-type")
    if kind not in _KINDS:
        raise InvalidRequestError(
            "a rollback is started by an alarm's or an execution's state change event, but the "
            f"input has {', '.join(sorted(event)[:10]) or 'nothing'}. Nothing changed."
        )
    try:
        trigger = msgspec.convert(event.get("detail"), _KINDS[kind])
        if isinstance(trigger, Alarm):
            datetime.fromisoformat(trigger.state.timestamp)
    except ValueError as error:
        raise InvalidRequestError(f"this is no {kind} event: {error}. Nothing changed.") from error
    return trigger
