"""The services that a rule can reach: each is told directly, without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import moto.awslambda.models
import moto.logs.models
import moto.sns.models
import moto.sqs.models
from moto.moto_api._internal import mock_random

from canary.localaws.account import current
from canary.localaws.events import permissions


@dataclass(frozen=True)
class Parcel:
    """What a rule sends to one of its targets because of an event."""

    rule_arn: str
    target: Mapping[str, Any]
    event: Mapping[str, Any]
    body: str

    @property
    def arn(self) -> str:
        """The resource that it is for."""
        return str(self.target["Arn"])

    @property
    def event_id(self) -> str:
        return str(self.event["id"])


def service_of(arn: str) -> str:
    """The service whose resource `arn` names."""
    return arn.split(":")[2]


def send(parcel: Parcel) -> None:
    """Hand the parcel to its target; raises what the target's service answers."""
    service = service_of(parcel.arn)
    permissions.check(service, parcel.arn, parcel.target.get("RoleArn"), parcel.rule_arn)
    SENDERS[service](parcel)


def send_to_queue(
    arn: str, body: str, group: str | None = None, attributes: dict[str, Any] | None = None
) -> None:
    """Put a message into the SQS queue with this ARN."""
    queues = current().backend(moto.sqs.models.sqs_backends)
    queues.send_message(arn.split(":")[-1], body, message_attributes=attributes, group_id=group)


def _to_machine(parcel: Parcel) -> None:
    from canary.localaws import stepfunctions

    name = f"{parcel.event_id}_{mock_random.uuid4()}"
    stepfunctions.start_execution(parcel.arn, name, parcel.body)


def _to_function(parcel: Parcel) -> None:
    """Asynchronously: what happens when the function fails is Lambda's affair."""
    from canary.localaws import awslambda

    current().backend(moto.awslambda.models.lambda_backends).get_function(parcel.arn)
    awslambda.invoke_later(parcel.arn, parcel.body.encode())


def _to_queue(parcel: Parcel) -> None:
    group = parcel.target.get("SqsParameters", {}).get("MessageGroupId")
    send_to_queue(parcel.arn, parcel.body, group)


def _to_topic(parcel: Parcel) -> None:
    current().backend(moto.sns.models.sns_backends).publish(parcel.body, arn=parcel.arn)


def _to_log_group(parcel: Parcel) -> None:
    logs = current().backend(moto.logs.models.logs_backends)
    group, stream = parcel.arn.split(":")[6], f"{parcel.event_id}/{mock_random.uuid4()}"
    logs.create_log_stream(group, stream)
    now = int(current().clock.now() * 1000)
    logs.put_log_events(group, stream, [{"timestamp": now, "message": parcel.body}])


SENDERS: Mapping[str, Callable[[Parcel], None]] = {
    "states": _to_machine,
    "lambda": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "logs": _to_log_group,
}
