"""
Task states that call other services: names and values as Step Functions gives them.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.model import OperationModel

from canary.localaws.account import current


def error_prefix(api_name: str) -> str:
    """The service's name in errors of its SDK integration: `CodeDeploy`, `DynamoDb`."""
    service_id = _client(api_name).meta.service_model.service_id
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z][a-z]+\d*|\d+", service_id)
    return "".join(word.capitalize() for word in words)


def http_status(api_name: str, code: str) -> int:
    """The status of the HTTP response in which the service gives this error."""
    for shape in _client(api_name).meta.service_model.error_shapes:
        if shape.name == code:
            return int(shape.metadata["error"]["httpStatusCode"])
    return 400


def normalise_parameters(
    state: Any,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Give the parameters, PascalCase in a definition, the names of the API."""
    shape = _operation(state, boto_service_name, service_action_name).input_shape
    if shape is not None:
        state._to_boto_request(parameters, shape)


def normalise_response(
    state: Any,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Give the members of a response PascalCase names, and moments as JSON."""
    shape = _operation(state, boto_service_name, service_action_name).output_shape
    if shape is None or not isinstance(response, dict):
        return
    state._from_boto_response(response, shape)
    write = iso if state.resource.service_name == "aws-sdk" else _milliseconds
    for name, value in list(response.items()):
        response[name] = _with_moments(value, write)


def iso(moment: datetime) -> str:
    """As in the context object: `2026-01-05T09:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _with_moments(value: Any, write: Callable[[datetime], Any]) -> Any:
    if isinstance(value, datetime):
        return write(value)
    if isinstance(value, dict):
        return {name: _with_moments(inner, write) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_moments(inner, write) for inner in value]
    return value


def _operation(state: Any, service: str | None, action: str | None) -> OperationModel:
    client = _client(state._get_boto_service_name(service))
    name = client.meta.method_to_api_mapping[state._get_boto_service_action(action)]
    operation: OperationModel = client.meta.service_model.operation_model(name)
    return operation


def _client(api_name: str) -> Any:
    name = "stepfunctions" if api_name == "sfn" else api_name
    return boto3.client(name, region_name=current().region)  # type: ignore[call-overload]
