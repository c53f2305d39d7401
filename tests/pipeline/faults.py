"""What can go wrong between a handler and AWS, at a call of the story's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from canary.localaws.admission import acting_as
from tests.pipeline.story import Story

Call = Callable[[], Any]


def at(story: Story, operation: str, fault: Callable[[Call], Any], times: int = 1) -> None:
    """Let the next `times` calls of an AWS operation go through `fault`, which gets the call."""
    original = vars(BaseClient)["_make_api_call"]
    left = [times]

    def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        if name == operation and left[0]:
            left[0] -= 1
            return fault(lambda: original(client, name, arguments))
        return original(client, name, arguments)

    story.aws.patch(BaseClient, "_make_api_call", call)


def refused(code: str) -> Callable[[Call], Any]:
    """AWS answers with an error, and nothing has happened."""

    def fault(_: Call) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "by the story"}}, "Operation")

    return fault


def answer_lost(call: Call) -> Any:
    """It has happened, but the answer never arrives."""
    call()
    raise ReadTimeoutError(endpoint_url="https://aws")


def followed_by(action: Callable[[], object]) -> Callable[[Call], Any]:
    """Something else happens right after the call, by somebody who may do everything."""

    def fault(call: Call) -> Any:
        answer = call()
        with acting_as(None):
            action()
        return answer

    return fault


def first(action: Callable[[], object]) -> Callable[[Call], Any]:
    """Something else happens right before the call, by somebody who may do everything."""

    def fault(call: Call) -> Any:
        with acting_as(None):
            action()
        return call()

    return fault
