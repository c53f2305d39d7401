"""
What is too large or too much for one call, where the API's model does not say so.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and its likes
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from canary.localaws.admission import Call
from canary.localaws.limits.refusal import refusal

KIB = 1024
MIB = 1024 * KIB
# A direct upload of 50 MiB, as base64 and with some room.
_LARGEST_UPLOAD = 70167211
_LARGEST_ENVIRONMENT = 4 * KIB
_LARGEST_ENTRIES = 256 * KIB
_LARGEST_MESSAGE = 256 * KIB
_LARGEST_INPUT = 256 * KIB
_LARGEST_FINDING = 240 * KIB
_MOST_QUERIES = 500
_MOST_POINTS = 100_800


def check(call: Call) -> None:
    """Raise what the service answers to a call that goes beyond its quotas."""
    quota = _QUOTAS.get((call.service, call.operation.name))
    error = quota(call) if quota else None
    if error:
        raise error


# -- Lambda ------------------------------------------------------------------------------------


def _invocation(call: Call) -> ClientError | None:
    is_event = call.parameters.get("InvocationType") == "Event"
    most = MIB if is_event else 6 * MIB
    return _too_large(call, most) if _bytes(call.parameters.get("Payload")) > most else None


def _upload(call: Call) -> ClientError | None:
    code = call.parameters.get("Code", call.parameters)
    if _bytes(code.get("ZipFile")) > 50 * MIB:
        return _too_large(call, _LARGEST_UPLOAD)
    return _environment(call)


def _too_large(call: Call, most: int) -> ClientError:
    name = "InvokeFunction" if call.operation.name == "Invoke" else call.operation.name
    message = f"Request must be smaller than {most} bytes for the {name} operation"
    return refusal(call, "RequestTooLargeException", message, 413)


def _environment(call: Call) -> ClientError | None:
    variables = call.parameters.get("Environment", {}).get("Variables", {})
    text = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if _bytes(text) <= _LARGEST_ENVIRONMENT:
        return None
    return refusal(
        call,
        "InvalidParameterValueException",
        "Lambda was unable to configure your environment variables because the environment "
        f"variables you have provided exceeded the 4KB limit. String measured: {text}",
    )


# -- events and messages -----------------------------------------------------------------------


def _entries(call: Call) -> ClientError | None:
    if sum(_size_of_entry(entry) for entry in call.parameters["Entries"]) <= _LARGEST_ENTRIES:
        return None
    message = "Total size of the entries in the request is over the limit."
    return refusal(call, "ValidationException", message)


def _size_of_entry(entry: Mapping[str, Any]) -> int:
    """As EventBridge says that it counts."""
    time = 14 if entry.get("Time") else 0
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail")]
    return time + sum(map(_bytes, texts + list(entry.get("Resources") or [])))


def _message(call: Call) -> ClientError | None:
    if _bytes(call.parameters["Message"]) <= _LARGEST_MESSAGE:
        return None
    return refusal(call, "InvalidParameter", "Invalid parameter: Message too long")


def _input(member: str, code: str, message: str) -> Callable[[Call], ClientError | None]:
    """The model counts characters, Step Functions bytes."""

    def quota(call: Call) -> ClientError | None:
        is_too_long = _bytes(call.parameters.get(member)) > _LARGEST_INPUT
        return refusal(call, code, message) if is_too_long else None

    return quota


# -- CloudWatch and Security Hub ---------------------------------------------------------------


def _queries(call: Call) -> ClientError | None:
    queries = call.parameters["MetricDataQueries"]
    if len(queries) > _MOST_QUERIES:
        message = (
            f"The collection MetricDataQueries must not have a size greater than {_MOST_QUERIES}."
        )
        return refusal(call, "ValidationError", message)
    points = _points(call.parameters)
    if points <= _MOST_POINTS:
        return None
    message = (
        f"You have requested up to {points:,} datapoints, which exceeds the limit of "
        f"{_MOST_POINTS:,}. You may reduce the datapoints requested by increasing Period, or "
        "decreasing the time range."
    )
    return refusal(call, "ValidationError", message)


def _points(parameters: Mapping[str, Any]) -> int:
    start, end = parameters["StartTime"], parameters["EndTime"]
    if not (isinstance(start, datetime) and isinstance(end, datetime)):
        return 0
    seconds = end.timestamp() - start.timestamp()
    periods = [
        query.get("MetricStat", query).get("Period") for query in parameters["MetricDataQueries"]
    ]
    return sum(int(seconds // period) for period in periods if period)


def _findings(call: Call) -> ClientError | None:
    for finding in call.parameters["Findings"]:
        size = _bytes(json.dumps(finding, default=str))
        if size > _LARGEST_FINDING:
            message = (
                f"Finding {finding.get('Id')} has {size} bytes; a finding can have "
                f"{_LARGEST_FINDING} at most."
            )
            return refusal(call, "InvalidInputException", message)
    return None


def _bytes(value: Any) -> int:
    """The length as it is sent; that of a stream is not known."""
    if isinstance(value, str):
        return len(value.encode())
    return len(value) if isinstance(value, bytes | bytearray) else 0


_QUOTAS: dict[tuple[str, str], Callable[[Call], ClientError | None]] = {
    ("lambda", "Invoke"): _invocation,
    ("lambda", "CreateFunction"): _upload,
    ("lambda", "UpdateFunctionCode"): _upload,
    ("lambda", "UpdateFunctionConfiguration"): _environment,
    ("events", "PutEvents"): _entries,
    ("sns", "Publish"): _message,
    ("stepfunctions", "StartExecution"): _input(
        "input", "InvalidExecutionInput", "The input exceeds 256 KiB."
    ),
    ("stepfunctions", "SendTaskSuccess"): _input(
        "output", "InvalidOutput", "The output exceeds 256 KiB."
    ),
    ("cloudwatch", "GetMetricData"): _queries,
    ("securityhub", "BatchImportFindings"): _findings,
}
