"""Asynchronous invocations: repeated when they fail, and in the end buried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from canary.localaws import iam
from canary.localaws.account import current
from canary.localaws.awslambda.exceptions import (
    AccessDeniedException,
    ResourceConflictException,
    ResourceNotFoundException,
    TooManyRequestsException,
)

if TYPE_CHECKING:
    from canary.localaws.awslambda.invocation import Invoker, Target

_REFUSALS = (AccessDeniedException, ResourceConflictException, TooManyRequestsException)
_PAUSE = 60.0
_RETRIES, _MAXIMUM_AGE = 2, 21600


class Delivery:
    """
    One event on its way.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """

    def __init__(self, invoker: Invoker, name: str, qualifier: str | None, payload: bytes) -> None:
        self._invoker = invoker
        self._address = name, qualifier
        self._payload = payload
        self._clock = current().clock
        self._arrived = self._clock.now()
        self._failures = 0

    def run(self) -> None:
        """Invoke until it succeeds or is given up; a function that is gone ends it silently."""
        try:
            while (pause := self._attempt()) is not None:
                self._clock.sleep(pause)
        except ResourceNotFoundException:
            return

    def _attempt(self) -> float | None:
        """How long to wait before the next attempt; None where there is none."""
        target = self._invoker.target(*self._address)
        options = self._invoker.event_options(self._address[0])
        expires = self._arrived + options.get("MaximumEventAgeInSeconds", _MAXIMUM_AGE)
        try:
            invocation = self._invoker.invoke(target, self._payload)
        except _REFUSALS as error:
            return self._later(target, expires, _PAUSE, error.code, error.message)
        self._clock.sleep(invocation.seconds)
        if invocation.function_error is None:
            return None
        self._failures += 1
        if self._failures > options.get("MaximumRetryAttempts", _RETRIES):
            expires = self._arrived
        return self._later(
            target, expires, _PAUSE * self._failures, "200", invocation.payload.decode()
        )

    def _later(
        self, target: Target, expires: float, pause: float, code: str, message: str
    ) -> float | None:
        if self._clock.now() + pause <= expires:
            return pause
        if arn := target.function.settings.get("DeadLetterConfig", {}).get("TargetArn"):
            attributes = {"ErrorCode": code, "ErrorMessage": message}
            _bury(target.function.role, arn, self._payload.decode(), attributes)
        return None


def _bury(role: str, arn: str, body: str, attributes: Mapping[str, str]) -> None:
    """As the function's role; without the right the event is lost."""
    service, name = arn.split(":")[2], arn.split(":")[-1]
    if not iam.may(role, "sqs:SendMessage" if service == "sqs" else "sns:Publish", arn):
        return
    typed = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    aws = current()
    if service == "sqs":
        aws.backend(sqs_backends).send_message(name, body, message_attributes=typed)
    else:
        aws.backend(sns_backends).publish(body, arn=arn)
