"""
Task tokens: each attempt of a Task that waits for one has its own, which ends with the attempt.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

from canary.localaws.account import current
from canary.localaws.stepfunctions.errors import InvalidOutput, InvalidToken, TaskTimedOut

if TYPE_CHECKING:
    from canary.localaws.stepfunctions.execution import LocalExecution

Attempt = Callable[[Any, Environment], None]


class Tokens:
    """The tokens that were given, and who waits for them."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[CallbackEndpoint, LocalExecution]] = {}
        self._given: set[str] = set()

    def open(self, token: str, endpoint: CallbackEndpoint, execution: LocalExecution) -> None:
        """A Task of this execution waits for the token."""
        self._given.add(token)
        self._waiting[token] = endpoint, execution

    def close(self, token: str) -> None:
        """It does no more, whatever the reason."""
        self._waiting.pop(token, None)

    def succeed(self, token: str, output: str) -> None:
        """SendTaskSuccess."""
        endpoint = self._endpoint(token)
        try:
            json.loads(output)
        except ValueError as error:
            raise InvalidOutput(f"Invalid Output: '{error}'") from None
        self._answer(endpoint, CallbackOutcomeSuccess(token, output))

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        """SendTaskFailure."""
        self._answer(self._endpoint(token), CallbackOutcomeFailure(token, error, cause))

    def beat(self, token: str) -> None:
        """SendTaskHeartbeat."""
        self._endpoint(token).notify_heartbeat()

    def _answer(self, endpoint: CallbackEndpoint, outcome: CallbackOutcome) -> None:
        endpoint.notify(outcome)
        self.close(endpoint.callback_id)

    def _endpoint(self, token: str) -> CallbackEndpoint:
        endpoint, execution = self._waiting.get(token, (None, None))
        if endpoint and execution and execution.exec_status == "RUNNING":
            return endpoint
        if token in self._given:
            raise TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'")
        raise InvalidToken("Invalid Token: 'Invalid token'")


def with_a_token_each(attempt: Attempt) -> Attempt:
    """Attempts of a Task, each with a token of its own: moto has one for all of them."""

    def attempt_with_token(state: Any, env: Environment) -> None:
        from canary.localaws import stepfunctions

        if not state._is_integration_pattern():
            return attempt(state, env)
        tokens: Tokens = current().backend(stepfunctions_backends).tokens
        context = env.states.context_object
        token = context.update_task_token()
        execution = stepfunctions.find_execution(context.context_object_data["Execution"]["Id"])
        tokens.open(token, env.callback_pool_manager.add(token), execution)
        try:
            return attempt(state, env)
        finally:
            tokens.close(token)

    return attempt_with_token
