"""What is too large or too much for one call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.limits.quotas import KIB, MIB

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"


def invoke(kind: str, size: int) -> dict[str, Any]:
    """An invocation with a payload of so many bytes."""
    return {"FunctionName": "f", "InvocationType": kind, "Payload": b"x" * size}


def environment(size: int) -> dict[str, Any]:
    """Variables that take so many bytes."""
    variables = {"NAME": "x" * (size - len('{"NAME":""}'))}
    return {"FunctionName": "f", "Environment": {"Variables": variables}}


def entries(size: int) -> dict[str, Any]:
    """Two events that take so many bytes together."""
    detail = '{"a": "' + "x" * (size // 2 - len('{"a": ""}') - 2) + '"}'
    return {"Entries": [{"Source": "s", "DetailType": "t", "Detail": detail}] * 2}


def text(size: int) -> str:
    """JSON of so many bytes, in characters of two bytes."""
    return '"' + "é" * ((size - 2) // 2) + '"'


def queries(number: int, minutes: int) -> dict[str, Any]:
    """So many queries for so many points each."""
    metric = {"Namespace": "n", "MetricName": "m"}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    end = datetime(2026, 1, 5, 9, tzinfo=UTC)
    return {
        "MetricDataQueries": [{"Id": f"q{n}", "MetricStat": stat} for n in range(number)],
        "StartTime": end - timedelta(minutes=minutes),
        "EndTime": end,
    }


def finding(size: int) -> dict[str, Any]:
    """A finding with a description of about so many bytes."""
    now = datetime(2026, 1, 5, tzinfo=UTC).isoformat()
    return {
        "Findings": [
            {
                "SchemaVersion": "2018-10-08",
                "Id": "one",
                "ProductArn": "arn:aws:securityhub:us-east-1:123456789012:product/1/default",
                "GeneratorId": "g",
                "AwsAccountId": "123456789012",
                "CreatedAt": now,
                "UpdatedAt": now,
                "Title": "t",
                "Description": "x" * size,
                "Resources": [{"Type": "Other", "Id": "r"}],
            }
        ]
    }


CASES: list[Any] = [
    ("lambda", "invoke", lambda n: invoke("RequestResponse", n), 6 * MIB, "RequestTooLarge"),
    ("lambda", "invoke", lambda n: invoke("Event", n), MIB, "RequestTooLargeException"),
    ("lambda", "update_function_configuration", environment, 4 * KIB, "exceeded the 4KB limit"),
    ("events", "put_events", entries, 256 * KIB, "Total size of the entries"),
    (
        "stepfunctions",
        "start_execution",
        lambda n: {"stateMachineArn": MACHINE, "input": text(n)},
        256 * KIB,
        "InvalidExecutionInput",
    ),
    (
        "stepfunctions",
        "send_task_success",
        lambda n: {"taskToken": "t", "output": text(n)},
        256 * KIB,
        "InvalidOutput",
    ),
    (
        "sns",
        "publish",
        lambda n: {"TopicArn": TOPIC, "Message": "x" * n},
        256 * KIB,
        "Message too long",
    ),
    ("cloudwatch", "get_metric_data", lambda n: queries(n, 5), 500, "not have a size greater than"),
    ("cloudwatch", "get_metric_data", lambda n: queries(70, n), 1440, "exceeds the limit of 100,8"),
    (
        "securityhub",
        "batch_import_findings",
        finding,
        240 * KIB,
        "can have 245760 at most",
    ),
]


@pytest.mark.parametrize(("service", "operation", "given", "most", "words"), CASES)
def test_one_more_than_allowed_is_refused(
    aws: LocalAws,
    service: str,
    operation: str,
    given: Callable[[int], dict[str, Any]],
    most: int,
    words: str,
) -> None:
    """Two bytes (or one element) beyond the limit is refused in AWS's words."""
    with pytest.raises(ClientError, match=words):
        getattr(aws.client(service), operation)(**given(most + 2))


@pytest.mark.parametrize(("service", "operation", "given", "most", "words"), CASES[:-1])
def test_as_much_as_allowed_is_not_refused_for_its_size(
    aws: LocalAws,
    service: str,
    operation: str,
    given: Callable[[int], dict[str, Any]],
    most: int,
    words: str,
) -> None:
    """At the limit the call passes, or fails for another reason: here nothing is there."""
    with contextlib.suppress(*nothing_there(aws, service)):
        getattr(aws.client(service), operation)(**given(most))


def nothing_there(aws: LocalAws, service: str) -> list[type[Exception]]:
    """What a call ends with that names what is not there."""
    exceptions = aws.client(service).exceptions
    names = "ResourceNotFoundException NotFoundException StateMachineDoesNotExist InvalidToken"
    return [exceptions.from_code(name) for name in names.split() if name in dir(exceptions)]


def test_a_package_sent_directly_has_50_megabytes_at_most(aws: LocalAws) -> None:
    """A larger one has to come from S3."""
    with pytest.raises(ClientError, match="RequestTooLargeException"):
        aws.client("lambda").update_function_code(FunctionName="f", ZipFile=b"x" * (50 * MIB + 1))
