"""
How events travel to the targets of rules, with EventBridge's retries and dead-letter queues.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from canary.localaws.clock import Clock
from canary.localaws.events import permissions
from canary.localaws.events.failure import AWS_FAILURES, code_and_message
from canary.localaws.events.targets import Parcel, send, send_to_queue

Event = Mapping[str, Any]
Which = Callable[[Event], bool]

USUAL_DELAY = 0.2
MAXIMUM_ATTEMPTS = 185
MAXIMUM_AGE = 86400
_LONGEST_BACK_OFF = 600

# Found out at the first attempt, and no further one would mend them.
_FINAL = {
    "AccessDenied": "NO_PERMISSIONS",
    "AccessDeniedException": "NO_PERMISSIONS",
    "AuthorizationError": "NO_PERMISSIONS",
    "KMS.AccessDeniedException": "NO_PERMISSIONS",
    "KMSAccessDenied": "NO_PERMISSIONS",
    "ExecutionAlreadyExists": "RESOURCE_ALREADY_EXISTS",
    "InvalidExecutionInput": "INVALID_JSON",
    "NotFound": "NO_RESOURCE",
    "QueueDoesNotExist": "NO_RESOURCE",
    "AWS.SimpleQueueService.NonExistentQueue": "NO_RESOURCE",
    "ResourceNotFoundException": "NO_RESOURCE",
    "StateMachineDoesNotExist": "NO_RESOURCE",
}
_THROTTLED = {"TooManyRequestsException", "ThrottlingException", "Throttling"}


def any_event(_event: Event) -> bool:
    """The choice of every event."""
    return True


class Delivery:
    """
    Carries events to targets. EventBridge may lose, double, delay and reorder what it carries;
    this does so only when told to, for the events that `which` chooses, until `as_usual`.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._rules: list[tuple[Which, Callable[[], Sequence[float]]]] = []

    # -- for tests --

    def lose(self, which: Which = any_event) -> None:
        self._rules.append((which, lambda: ()))

    def double(self, which: Which = any_event) -> None:
        self._rules.append((which, lambda: (USUAL_DELAY, USUAL_DELAY)))

    def delay(self, seconds: float, which: Which = any_event) -> None:
        self._rules.append((which, lambda: (seconds,)))

    def reorder(self, within: float, which: Which = any_event) -> None:
        self._rules.append((which, lambda: (self._random.uniform(0, within),)))

    def as_usual(self) -> None:
        self._rules.clear()

    # -- for rules --

    def carry(self, parcel: Parcel) -> None:
        """Let it reach its target in a task of its own."""
        for seconds in self._delays(parcel.event):
            name = f"event {parcel.event_id} to {parcel.arn}"
            self._clock.after(seconds, self._arrive, parcel, name=name)

    def _delays(self, event: Event) -> Sequence[float]:
        """One for each copy that arrives; what a test said last counts."""
        for which, delays in reversed(self._rules):
            if which(event):
                return delays()
        return (USUAL_DELAY,)

    def _arrive(self, parcel: Parcel) -> None:
        policy = parcel.target.get("RetryPolicy", {})
        last_moment = self._clock.now() + policy.get("MaximumEventAgeInSeconds", MAXIMUM_AGE)
        retries = policy.get("MaximumRetryAttempts", MAXIMUM_ATTEMPTS)
        for attempt in range(retries + 1):
            try:
                return send(parcel)
            except AWS_FAILURES as error:
                code, message = code_and_message(error)
            pause = min(2.0**attempt, _LONGEST_BACK_OFF)
            is_too_old = self._clock.now() + pause > last_moment
            exhausted = _exhausted(code, attempt == retries, is_too_old)
            if exhausted is not None:
                why = {"ERROR_CODE": _event_bridge_code(code), "ERROR_MESSAGE": message}
                why |= {"EXHAUSTED_RETRY_CONDITION": exhausted, "RETRY_ATTEMPTS": str(attempt)}
                return _bury(parcel, why)
            self._clock.sleep(pause)
        return None


def _exhausted(code: str, no_more_attempts: bool, too_old: bool) -> str | None:
    """Why there is no further attempt: "" when none would help, None when there is one."""
    if code in _FINAL:
        return ""
    if no_more_attempts:
        return "MaximumRetryAttempts"
    return "MaximumEventAgeInSeconds" if too_old else None


def _event_bridge_code(code: str) -> str:
    return "THROTTLING" if code in _THROTTLED else _FINAL.get(code, "ERROR_FROM_TARGET")


def _bury(parcel: Parcel, why: Mapping[str, str]) -> None:
    """Put the parcel into the target's dead-letter queue; it is dropped if there is none, or if its
    policy or key does not let EventBridge."""
    queue = parcel.target.get("DeadLetterConfig", {}).get("Arn")
    if queue is None:
        return
    texts = {"RULE_ARN": parcel.rule_arn, "TARGET_ARN": parcel.arn, **why}
    attributes = {
        name: {"DataType": "String", "StringValue": text} for name, text in texts.items() if text
    }
    with suppress(*AWS_FAILURES):
        permissions.check("sqs", queue, None, parcel.rule_arn)
        send_to_queue(queue, parcel.body, attributes=attributes)
