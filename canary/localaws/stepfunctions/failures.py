"""
Failures of states that are not those of their tasks.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

Evaluate = Callable[[Any, Environment], None]
FromError = Callable[[Any, Environment, Exception], FailureEvent]

# No Retry and no Catch finds these under States.ALL, nor under States.TaskFailed.
_ONLY_BY_NAME = {"States.DataLimitExceeded", "States.Runtime"}


def matched(moto_matches: Evaluate) -> Evaluate:
    """ErrorEquals, in which a few errors have to be named."""

    def evaluate(decl: Any, env: Environment) -> None:
        name = getattr(env.stack[-1], "error_name", None)
        if name in _ONLY_BY_NAME:
            env.stack.pop()
            env.stack.append(any(each.error_name == name for each in decl.error_names))
        else:
            moto_matches(decl, env)

    return evaluate


def named(moto_from_error: FromError) -> FromError:
    """A path that finds nothing is States.Runtime of the state, whatever its task would be."""

    def from_error(state: Any, env: Environment, ex: Exception) -> FailureEvent:
        if isinstance(ex, NoSuchJsonPathError):
            raise no_such_path(env, ex)
        return moto_from_error(state, env, ex)

    return from_error


def no_such_path(env: Environment, error: NoSuchJsonPathError) -> FailureEventException:
    """States.Runtime; AWS also names the field that the path stands in."""
    name = StatesErrorNameType.StatesRuntime
    cause = (
        f"The JSONPath '{error.json_path}' could not be found in the input "
        f"'{to_json_str(error.data)}'"
    )
    details: Any = {"taskFailedEventDetails": {"error": name.to_name(), "cause": cause}}
    failed = HistoryEventType.TaskFailed
    return FailureEventException(FailureEvent(env, StatesErrorName(name), failed, details))


def chosen(moto_choose: Evaluate) -> Evaluate:
    """A Choice whose rules all do not match, and that has no Default, fails by that name."""

    def evaluate(state: Any, env: Environment) -> None:
        try:
            moto_choose(state, env)
        except RuntimeError as error:
            if error.args[:1] != ("No branching option reached in state %s",):
                raise
            raise _no_choice_matched(state, env) from None

    return evaluate


def _no_choice_matched(state: Any, env: Environment) -> FailureEventException:
    name = StatesErrorNameType.StatesNoChoiceMatched
    cause = (
        f"An error occurred while executing the state '{state.name}' (entered at the event id "
        f"#{env.event_history_context.source_event_id}). Failed to transition out of the state. "
        "No Choice rule matched, and the state has no Default."
    )
    details: Any = {"executionFailedEventDetails": {"error": name.to_name(), "cause": cause}}
    failed = HistoryEventType.ExecutionFailed
    return FailureEventException(FailureEvent(env, StatesErrorName(name), failed, details))
