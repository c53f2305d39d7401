"""
Task states that invoke a Lambda function.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.credentials import (
    StateCredentials,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils import (
    LambdaFunctionErrorException,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from canary.localaws.account import current
from canary.localaws.clock import Killed
from canary.localaws.events.failure import AWS_FAILURES, code_and_message
from canary.localaws.stepfunctions import roles
from canary.localaws.stepfunctions.failures import no_such_path
from canary.localaws.stepfunctions.integrations import http_status

FromError = Callable[[Any, Environment, Exception], FailureEvent]


def invoke(
    env: Environment,
    parameters: Mapping[str, Any],
    region: str,  # noqa: ARG001 - moto's signature
    state_credentials: StateCredentials,
) -> None:
    """Run the function in this task, and leave Lambda's answer on the interpreter's stack."""
    from canary.localaws import awslambda

    name, qualifier = parameters["FunctionName"], parameters.get("Qualifier")
    try:
        roles.check_invoke(state_credentials.role_arn, env, name, qualifier)
        invocation = awslambda.invoke(name, parameters["Payload"], qualifier)
    except AWS_FAILURES as error:
        raise _as_client_error(error) from error
    current().clock.sleep(invocation.seconds)
    if not env.is_running():  # the Task has timed out meanwhile: nobody waits for the answer
        raise Killed
    text = invocation.payload.decode()
    if invocation.function_error:
        raise LambdaFunctionErrorException(invocation.function_error, text)
    env.stack.append(
        {
            "ExecutedVersion": invocation.executed_version,
            "Payload": _parsed(text),
            "StatusCode": 200,
        }
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _as_client_error(error: Exception) -> ClientError:
    code, message = code_and_message(error)
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {
            "HTTPStatusCode": http_status("lambda", code),
            "RequestId": str(mock_random.uuid4()),
        },
    }
    return ClientError(answer, "Invoke")  # type: ignore[arg-type]


def with_lambda_errors(moto_from_error: FromError) -> FromError:
    """What Step Functions calls the failures of a function, where moto says `Exception`."""

    def from_error(state: Any, env: Environment, ex: Exception) -> FailureEvent:
        if isinstance(ex, LambdaFunctionErrorException):
            error, cause = _of_function(ex.payload)
        elif isinstance(ex, ClientError):
            error, cause = _of_service(ex)
        elif isinstance(ex, NoSuchJsonPathError):  # before anything was invoked
            raise no_such_path(env, ex)
        else:
            return moto_from_error(state, env, ex)
        details: Any = {"lambdaFunctionFailedEventDetails": {"error": error, "cause": cause}}
        failed = HistoryEventType.LambdaFunctionFailed
        return FailureEvent(env, CustomErrorName(error), failed, details)

    return from_error


def _of_function(payload: str) -> tuple[str, str]:
    answer = _parsed(payload)
    if isinstance(answer, dict) and answer.get("errorType"):
        return str(answer["errorType"]), payload
    return "Lambda.Unknown", (
        "The cause could not be determined because Lambda did not return an error type. "
        f"Returned payload: {payload}"
    )


def _of_service(error: ClientError) -> tuple[str, str]:
    answer, metadata = error.response["Error"], error.response["ResponseMetadata"]
    cause = (
        f"{answer['Message']} (Service: Lambda, Status Code: {metadata['HTTPStatusCode']}, "
        f"Request ID: {metadata['RequestId']})"
    )
    return f"Lambda.{answer['Code']}", cause
