"""What has to change inside moto's interpreter, and nowhere else."""

from __future__ import annotations

from typing import Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.eval import states

from canary.localaws.account import LocalAws, current
from canary.localaws.stepfunctions import functions, integrations
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


def _state_data(EnteredTime: str, Name: str) -> dict[str, Any]:  # noqa: ARG001, N803
    return {"EnteredTime": integrations.iso(current().clock.datetime()), "Name": Name}


def _log_nothing(*_arguments: object, **_options: object) -> None:
    pass
