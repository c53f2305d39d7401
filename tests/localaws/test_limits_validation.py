"""The server side checks every call against its model, whatever the client did."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from canary.localaws import LocalAws

UNCHECKED = Config(parameter_validation=False)
ROLE = "arn:aws:iam::123456789012:role/machine"


def refused(aws: LocalAws, service: str, operation: str, **given: Any) -> tuple[str, str]:
    """Code and message of the error that a client gets which checks nothing itself."""
    session: Any = boto3
    client = session.client(service, region_name=aws.region, config=UNCHECKED)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("service", "operation", "given", "code", "message"),
    [
        (
            "stepfunctions",
            "start_execution",
            {},
            "ValidationException",
            "Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            "stepfunctions",
            "create_state_machine",
            {"name": "x" * 81, "definition": "{}", "roleArn": ROLE},
            "ValidationException",
            f"Value '{'x' * 81}' at 'name' failed to satisfy constraint: "
            "Member must have length less than or equal to 80",
        ),
        (
            "cloudwatch",
            "describe_alarms",
            {"AlarmNames": ["a"] * 101},
            "ValidationError",
            f"Value '[{', '.join(['a'] * 101)}]' at 'alarmNames' failed to satisfy constraint: "
            "Member must have length less than or equal to 100",
        ),
        (
            "lambda",
            "update_function_configuration",
            {"FunctionName": "f", "MemorySize": 64},
            "ValidationException",
            "Value '64' at 'memorySize' failed to satisfy constraint: "
            "Member must have value greater than or equal to 128",
        ),
        (
            "lambda",
            "update_function_configuration",
            {"FunctionName": "f", "TracingConfig": {"Mode": "On"}},
            "ValidationException",
            "Value 'On' at 'tracingConfig.mode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Active, PassThrough]",
        ),
        (
            "lambda",
            "update_alias",
            {
                "FunctionName": "f",
                "Name": "live",
                "RoutingConfig": {"AdditionalVersionWeights": {"2": 1.7}},
            },
            "ValidationException",
            "Value '{2=1.7}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
            "constraint: Map value must satisfy constraint: "
            "[Member must have value less than or equal to 1.0, "
            "Member must have value greater than or equal to 0.0, Member must not be null]",
        ),
        (
            "signer",
            "put_signing_profile",
            {"profileName": "a-b", "platformId": "AWSLambda-SHA384-ECDSA"},
            "ValidationException",
            "Value 'a-b' at 'profileName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ^[a-zA-Z0-9_]{2,}",
        ),
        (
            "logs",
            "create_log_group",
            {"logGroupName": "a b"},
            "InvalidParameterException",
            "Value 'a b' at 'logGroupName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+",
        ),
        (
            "events",
            "put_targets",
            {"Rule": "r", "Targets": [{"Id": "a", "Arn": "b"}, {"Id": "a b", "Arn": "b"}]},
            "ValidationException",
            "Value 'a b' at 'targets.2.member.id' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+",
        ),
        (
            "codedeploy",
            "create_application",
            {},
            "ApplicationNameRequiredException",
            "Value null at 'applicationName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "codedeploy",
            "create_application",
            {"applicationName": "a b"},
            "InvalidApplicationNameException",
            "Value 'a b' at 'applicationName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [A-Za-z0-9+=,.@_-]*",
        ),
    ],
)
def test_a_call_that_its_model_does_not_allow_is_refused(
    aws: LocalAws, service: str, operation: str, given: dict[str, Any], code: str, message: str
) -> None:
    """With the service's code, and AWS's sentence: value, place, constraint."""
    expected = (code, f"1 validation error detected: {message}")
    assert refused(aws, service, operation, **given) == expected


@pytest.mark.parametrize(
    ("service", "operation", "given", "code", "expected"),
    [
        (
            "s3",
            "put_object",
            {"Bucket": "packages", "Key": "k", "ACL": "everyone"},
            "InvalidArgument",
            "x-amz-acl",
        ),
        (
            "s3",
            "put_object",
            {"Bucket": "packages", "Key": "k", "StorageClass": "X"},
            "InvalidStorageClass",
            "storage class",
        ),
        (
            "s3",
            "put_object",
            {"Bucket": "packages", "Key": "k", "ServerSideEncryption": "x"},
            "InvalidEncryptionAlgorithmError",
            "AES256",
        ),
        (
            "s3",
            "put_bucket_versioning",
            {"Bucket": "packages", "VersioningConfiguration": {"Status": "On"}},
            "MalformedXML",
            "XML",
        ),
        (
            "s3",
            "delete_objects",
            {"Bucket": "packages", "Delete": {"Objects": [{}]}},
            "MalformedXML",
            "XML",
        ),
        (
            "s3",
            "create_bucket",
            {"Bucket": "packages", "CreateBucketConfiguration": {"LocationConstraint": "moon"}},
            "InvalidLocationConstraint",
            "location-constraint",
        ),
        ("sqs", "create_queue", {}, "MissingParameter", "must contain the parameter QueueName."),
        (
            "sqs",
            "create_queue",
            {"QueueName": "q", "Attributes": {"Color": "red"}},
            "InvalidAttributeName",
            "Unknown Attribute Color.",
        ),
        (
            "sqs",
            "get_queue_attributes",
            {"QueueUrl": "{queue}", "AttributeNames": ["QueueArn", "Color"]},
            "InvalidAttributeName",
            "Unknown Attribute Color.",
        ),
        (
            "sqs",
            "send_message_batch",
            {"QueueUrl": "{queue}", "Entries": [{"Id": "1", "MessageBody": "m"}, {"Id": "2"}]},
            "MissingParameter",
            "SendMessageBatchRequestEntry.2.MessageBody",
        ),
        (
            "sqs",
            "send_message",
            {
                "QueueUrl": "{queue}",
                "MessageBody": "m",
                "MessageAttributes": {"colour": {"StringValue": "red"}},
            },
            "InvalidParameterValue",
            "'colour' must contain non-empty message attribute type",
        ),
    ],
)
def test_s3_and_sqs_say_it_in_their_own_words(
    aws: LocalAws, service: str, operation: str, given: dict[str, Any], code: str, expected: str
) -> None:
    """Each has codes and sentences of its own; nothing has happened."""
    aws.client("s3").create_bucket(Bucket="packages")
    queue = aws.client("sqs").create_queue(QueueName="there")["QueueUrl"]
    given = {name: queue if value == "{queue}" else value for name, value in given.items()}

    found, message = refused(aws, service, operation, **given)

    assert (found, expected in message) == (code, True)
    assert aws.client("s3").list_objects_v2(Bucket="packages")["KeyCount"] == 0
    assert aws.client("sqs").list_queues()["QueueUrls"] == [queue]
    assert "Messages" not in aws.client("sqs").receive_message(QueueUrl=queue)


def test_all_that_is_wrong_is_told_at_once(aws: LocalAws) -> None:
    """Two violations are two sentences in one message."""
    _, message = refused(aws, "stepfunctions", "create_state_machine", name="", roleArn=ROLE)

    assert message == (
        "2 validation errors detected: "
        "Value null at 'definition' failed to satisfy constraint: Member must not be null; "
        "Value '' at 'name' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


def test_secrets_are_not_repeated(aws: LocalAws) -> None:
    """The error for a value that the model calls sensitive does not show it."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    text = '"' + "secret" * 50_000 + '"'

    _, message = refused(aws, "stepfunctions", "start_execution", stateMachineArn=arn, input=text)

    assert message == (
        "1 validation error detected: Value at 'input' failed to satisfy constraint: "
        "Member must have length less than or equal to 262144"
    )


def test_a_client_that_checks_speaks_first(aws: LocalAws) -> None:
    """As with AWS, what botocore finds wrong never reaches the service."""
    with pytest.raises(ParamValidationError):
        aws.client("stepfunctions").start_execution()


def test_the_error_is_the_client_s_own_exception(aws: LocalAws) -> None:
    """Code that catches `client.exceptions.…` catches it."""
    client = aws.client("codedeploy")
    with pytest.raises(client.exceptions.InvalidApplicationNameException):
        client.create_application(applicationName="a b")
