"""What has to change inside moto's interpreter, and nowhere else."""

from __future__ import annotations

from typing import Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.eval import states
from moto.stepfunctions.parser.asl.eval.environment import Environment

from canary.localaws.account import LocalAws, current
from canary.localaws.stepfunctions import failures, functions, integrations, tokens
from canary.localaws.stepfunctions.threads import replace_threads


def install(aws: LocalAws) -> None:
    """Put the interpreter on the clock, and mend where it differs from AWS."""
    replace_threads(aws)
    aws.patch(jitter_strategy_decl, "random", aws.random("retry jitter"))
    aws.patch(state, "StateData", _state_data)
    aws.patch(states, "long_uid", lambda: str(mock_random.uuid4()))
    aws.patch(lambda_eval_utils, "execute_lambda_function_integration", functions.invoke)
    aws.patch(
        StateTaskLambda, "_from_error", functions.with_lambda_errors(StateTaskLambda._from_error)
    )
    aws.patch(Program, "eval", _branch)
    with_tokens = tokens.with_a_token_each(ExecutionState._evaluate_with_timeout)
    callback_task = state_task_service_callback.StateTaskServiceCallback
    aws.patch(callback_task, "_evaluate_with_timeout", with_tokens)
    aws.patch(ErrorEqualsDecl, "_eval_body", failures.matched(ErrorEqualsDecl._eval_body))
    aws.patch(ExecutionState, "_from_error", failures.named(ExecutionState._from_error))
    aws.patch(StateChoice, "_eval_state", failures.chosen(StateChoice._eval_state))
    service_task = state_task_service.StateTaskService
    aws.patch(service_task, "_normalise_parameters", integrations.normalise_parameters)
    aws.patch(service_task, "_normalise_response", integrations.normalise_response)
    aws.patch(
        state_task_service_aws_sdk.StateTaskServiceAwsSdk,
        "_normalise_service_error_name",
        staticmethod(integrations.error_prefix),
    )
    # A state that fails is no failure of the interpreter: it is in the history, not in the log.
    aws.patch(EvalComponent, "_log_failure_event_exception", _log_nothing)
    aws.patch(EvalComponent, "_log_exception", _log_nothing)


def _branch(program: Program, environment: Environment) -> None:
    """Only branches and iterations are run so; executions run their programs themselves."""
    from canary.localaws import stepfunctions

    context = environment.states.context_object.context_object_data["Execution"]
    stepfunctions.find_execution(context["Id"]).branches.evaluate(program, environment)


def _state_data(EnteredTime: str, Name: str) -> dict[str, Any]:  # noqa: ARG001, N803
    return {"EnteredTime": integrations.iso(current().clock.datetime()), "Name": Name}


def _log_nothing(*_arguments: object, **_options: object) -> None:
    pass
