"""
Throttling, and retries that wait in virtual time.

A throttled attempt is answered as HTTP, below the client, so that botocore retries it as it would a
throttle of AWS. Services of the embedded AWS that call others directly take from the same buckets,
and are not refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore import retryhandler
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.retries.bucket import TokenBucket
from botocore.retries.standard import ExponentialBackoff
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from canary.localaws.account import LocalAws, current
from canary.localaws.limits.rates import Rates, Throttle

_NAMES = {"sfn": "stepfunctions"}  # botocore's events name services by their ids


def install(aws: LocalAws) -> None:
    """Let the same seed give the same waits between retries, and throttle if asked."""
    aws.patch(retryhandler, "random", aws.random("legacy back-off"))
    aws.patch(ExponentialBackoff, "delay_amount", _delay(aws.random("standard back-off").random))
    # Adaptive clients would wait for real, on a condition, until virtual time has passed.
    aws.patch(TokenBucket, "acquire", lambda *_, **__: True)
    if aws.has_rates:
        rates = Rates(aws.clock)
        aws.patch(BotocoreStubber, "__call__", _throttled(BotocoreStubber.__call__, rates))
        aws.rates = rates


def count(service: str, operation: str) -> None:
    """Count a call that one service of the embedded AWS makes of another directly."""
    if (rates := current().rates) is not None:
        rates.count(service, operation)


def _delay(draw: Callable[[], float]) -> Callable[[Any, Any], float]:
    """botocore's formula, with random numbers of ours."""

    def delay_amount(backoff: Any, context: Any) -> float:
        return draw() * float(min(2 ** (context.attempt_number - 1), backoff._max_backoff))

    return delay_amount


def _throttled(answer: Callable[..., Any], rates: Rates) -> Callable[..., Any]:
    """moto's answer, unless there are too many calls."""

    def answer_or_throttle(
        stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **more: Any
    ) -> Any:
        _, name, operation = event_name.split(".")
        throttle = rates.take(_NAMES.get(name, name), operation)
        if throttle:
            return _response(request, throttle)
        return answer(stubber, event_name, request, **more)

    return answer_or_throttle


def _response(request: AWSPreparedRequest, throttle: Throttle) -> AWSResponse:
    """The error as JSON: all services with rates speak it."""
    headers: Any = {
        "x-amzn-errortype": throttle.code,
        "x-amzn-query-error": f"{throttle.code};Sender",
    }
    body = json.dumps({"__type": throttle.code, "message": throttle.message})
    raw: Any = MockRawResponse(body)
    return AWSResponse(request.url, throttle.status, headers, raw)
