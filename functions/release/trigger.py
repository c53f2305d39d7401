"""What starts the rollback machine, typed: EventBridge's events, and an operator's request."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from release.errors import InvalidRequestError
from release.request import AliasName, Name, Text

VersionNumber = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,18}\Z")]


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

    def __post_init__(self) -> None:
        """A time that nobody can read is no alarm's; msgspec makes a ValidationError of it."""
        datetime.fromisoformat(self.state.timestamp)

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


class OperatorRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    An operator asks for the newest release of an alias to be undone, or for a version to serve.

    `confirm` is `<function>:<version>`, with `+<version>` for each other one that the operator saw
    the alias serve, or that the release meant is about to bring; mode `manual` needs it, and where
    it is given it must still be so. `force` is for a release that is final, an alias that someone
    else has moved. Mode `emergency` moves the alias first, and reports afterwards what would have
    refused it.
    """

    schema: Literal[1]
    function: Name
    alias: AliasName = "live"
    mode: Literal["auto", "manual", "emergency"] = "auto"
    version: VersionNumber | None = None
    force: bool = False
    confirm: str | None = None
    reason: Text = "no reason given"

    @property
    def target(self) -> str:
        """`function:alias`."""
        return f"{self.function}:{self.alias}"


class Resumption(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Reconcile found a rollback that was asked for, and that nobody carries out any more."""

    schema: Literal[1]
    release: Text


Trigger: TypeAlias = Alarm | EndedExecution | OperatorRequest | Resumption


def ended_at(event: Trigger | None, execution_arn: str) -> int | None:
    """The redrive count at which the event says that this execution has ended, if it does."""
    if isinstance(event, EndedExecution) and event.execution_arn == execution_arn:
        return event.redrives
    return None


def alarm_event(alarm: Alarm) -> dict[str, object]:
    """What EventBridge says when an alarm changes its state."""
    return {"detail-type": _ALARM, "detail": msgspec.to_builtins(alarm)}


def ended_event(
    execution_arn: str, status: str, redrive_count: int, error: str | None
) -> dict[str, object]:
    """What EventBridge says when an execution ends."""
    detail = {
        "executionArn": execution_arn,
        "status": status,
        "redriveCount": redrive_count,
        "error": error,
    }
    return {"detail-type": _ENDED, "detail": detail}


_ALARM = "CloudWatch Alarm State Change"
_ENDED = "Step Functions Execution Status Change"
_KINDS: dict[object, type[Alarm] | type[EndedExecution]] = {
    _ALARM: Alarm,
    _ENDED: EndedExecution,
}


def parse(event: object) -> Trigger:
    """The event or request, or an InvalidRequestError that says what is wrong with it."""
    event = event if isinstance(event, dict) else {}
    kind = event.get("detail-type")
    try:
        if kind in _KINDS:
            return msgspec.convert(event.get("detail"), _KINDS[kind])
        if kind is None and "function" in event:
            return msgspec.convert(event, OperatorRequest)
        if kind is None and "release" in event:
            return msgspec.convert(event, Resumption)
    except msgspec.ValidationError as error:
        what = f"{kind} event" if kind else "request for a rollback"
        raise InvalidRequestError(f"this is no {what}: {error}. Nothing changed.") from error
    raise InvalidRequestError(
        "a rollback is started by an alarm's or an execution's state change event, or by an "
        'operator\'s {"schema": 1, "function": …}, but the input has '
        f"{', '.join(sorted(event)[:10]) or 'nothing'}. Nothing changed."
    )
