"""What can go wrong between a handler and AWS, at a call of the story's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from canary.localaws.admission import acting_as
from tests.pipeline.story import Story
from tests.pipeline.watch import Fault, Rule, Site

Call = Site


def at(story: Story, operation: str, fault: Fault, times: int = 1) -> None:
    """Let the next `times` calls of an AWS operation by any handler go through `fault`."""
    story.watch.rules.append(Rule(lambda site: site.operation == operation, fault, times))


def refused(code: str, status: int = 400, **members: Any) -> Fault:
    """AWS answers with an error, and nothing has happened."""

    def fault(call: Call) -> Any:
        answer: Any = {
            "Error": {"Code": code, "Message": "by the story"},
            "ResponseMetadata": {"HTTPStatusCode": status},
            **members,
        }
        raise ClientError(answer, call.operation)

    return fault


def answer_lost(call: Call) -> Any:
    """It has happened, but the answer never arrives."""
    call()
    raise ReadTimeoutError(endpoint_url="https://aws")


def followed_by(action: Callable[[], object]) -> Fault:
    """Something else happens right after the call, by somebody who may do everything."""

    def fault(call: Call) -> Any:
        answer = call()
        with acting_as(None):
            action()
        return answer

    return fault


def first(action: Callable[[], object]) -> Fault:
    """Something else happens right before the call, by somebody who may do everything."""

    def fault(call: Call) -> Any:
        with acting_as(None):
            action()
        return call()

    return fault
