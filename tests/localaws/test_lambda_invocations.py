"""Invocations: what the caller gets, how long it takes, and what is done when it fails."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from canary.localaws import LocalAws, awslambda
from tests.localaws.packages import (
    ECHO,
    call,
    create,
    log_lines,
    log_tail,
    role,
    total,
)


def test_an_exception_is_unhandled_with_awss_payload(aws: LocalAws) -> None:
    """The caller gets type, message and the package's frames; the log has the traceback."""
    create(aws, "def handler(event, context):\n    raise KeyError('order')\n")
    answer, response = call(aws, LogType="Tail")
    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    assert (answer["errorType"], answer["errorMessage"]) == ("KeyError", "'order'")
    assert answer["stackTrace"] == [
        "  File \"/var/task/index.py\", line 2, in handler\n    raise KeyError('order')\n"
    ]
    assert f"START RequestId: {answer['requestId']}" in log_tail(response)
    assert "[ERROR] KeyError: 'order'" in log_tail(response)
    assert total(aws, "Errors", FunctionName="orders") == 1


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        ("import absent", "index.handler", "Runtime.ImportModuleError", "No module named 'absent'"),
        (ECHO, "absent.handler", "Runtime.ImportModuleError", "Unable to import module 'absent'"),
        (ECHO, "index.absent", "Runtime.HandlerNotFound", "'absent' missing on module 'index'"),
        (ECHO, "index", "Runtime.MalformedHandlerName", "Bad handler 'index'"),
        ("def handler(:", "index.handler", "Runtime.UserCodeSyntaxError", "Syntax error"),
        ("1 / 0", "index.handler", "ZeroDivisionError", "division by zero"),
        (
            {"index.py": "import n\nn.tries += 1\nassert n.tries > 1, 'once'", "n.py": "tries = 0"},
            "index.handler",
            "AssertionError",
            "once",
        ),
        (
            "def handler(event, context):\n    return object()",
            "index.handler",
            "Runtime.MarshalError",
            "Unable to marshal response",
        ),
        (
            "import sys\ndef handler(event, context):\n    sys.exit(3)",
            "index.handler",
            "Runtime.ExitError",
            "exit status 3",
        ),
    ],
)
def test_what_fails_in_the_runtime_has_awss_name(
    aws: LocalAws, code: str | dict[str, str], handler: str, kind: str, message: str
) -> None:
    """Each of these is a function error, counted as one, and the same again when repeated."""
    create(aws, code, Handler=handler)
    for _ in range(2):
        answer, response = call(aws)
        assert response["FunctionError"] == "Unhandled"
        assert answer["errorType"] == kind
        assert message in answer["errorMessage"]
    assert total(aws, "Errors", FunctionName="orders") == 2


def test_a_handler_is_cut_off_at_its_timeout(aws: LocalAws) -> None:
    """What follows the sleep that exceeds it never happens; it takes just the timeout."""
    code = """
import boto3, time
def handler(event, context):
    before = context.get_remaining_time_in_millis()
    time.sleep(event["sleep"])
    boto3.client("s3").create_bucket(Bucket="too-late")
    return before - context.get_remaining_time_in_millis()
"""
    create(aws, code)
    began = aws.clock.now()
    answer, response = call(aws, {"sleep": 10})
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Error: Task timed out after 3.00 seconds")
    assert response["FunctionError"] == "Unhandled"
    assert aws.clock.now() - began == pytest.approx(3)
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert call(aws, {"sleep": 2})[0] == pytest.approx(2000, abs=1)
    assert total(aws, "Duration", FunctionName="orders") == pytest.approx(5000, abs=4)


def test_a_function_can_call_a_function(aws: LocalAws) -> None:
    """Even itself; each has its own environment, and the caller's time includes the callee's."""
    code = """
import boto3, json, time
depth = []
def handler(event, context):
    depth.append(event["left"])
    time.sleep(1)
    if event["left"]:
        event = {"left": event["left"] - 1}
        answer = boto3.client("lambda").invoke(
            FunctionName=context.function_name, Payload=json.dumps(event)
        )
        return [depth, json.load(answer["Payload"])]
    return [depth]
"""
    create(aws, code, Timeout=30)
    began = aws.clock.now()
    assert call(aws, {"left": 1})[0] == [[1], [[0]]]
    assert aws.clock.now() - began == pytest.approx(2, abs=0.1)


def test_other_kinds_of_invocation(aws: LocalAws) -> None:
    """DryRun runs nothing; a payload that is not JSON is refused; a payload may be absent."""
    create(aws, "def handler(event, context): return event")
    client = aws.client("lambda")
    assert client.invoke(FunctionName="orders", InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(client.exceptions.InvalidRequestContentException, match="parse request"):
        client.invoke(FunctionName="orders", Payload=b"{")
    assert total(aws, "Invocations", FunctionName="orders") == 0
    response = client.invoke(FunctionName="orders")
    assert (response["StatusCode"], json.load(response["Payload"])) == (200, {})
    assert response["ExecutedVersion"] == "$LATEST"


def test_an_event_is_tried_three_times_and_then_buried(aws: LocalAws) -> None:
    """Asynchronously: after one minute and after two more; then the dead-letter queue has it."""
    queue = aws.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:dead"
    create(aws, "1 / 0", DeadLetterConfig={"TargetArn": arn})
    client = aws.client("lambda")
    accepted = client.invoke(FunctionName="orders", InvocationType="Event", Payload=b'{"n": 1}')
    assert accepted["StatusCode"] == 202
    counts = []
    for seconds in (30, 60, 120):
        aws.clock.advance(seconds)
        counts.append(total(aws, "Errors", FunctionName="orders"))
    assert counts == [1, 2, 3]
    messages = aws.client("sqs").receive_message(
        QueueUrl=queue, MessageAttributeNames=["All"], MaxNumberOfMessages=10
    )["Messages"]
    assert [message["Body"] for message in messages] == ['{"n": 1}']
    assert "ErrorMessage" in messages[0]["MessageAttributes"]


def test_a_throttled_event_is_tried_until_there_is_room(aws: LocalAws) -> None:
    """Throttling does not use up the retries; an event for a function that is gone ends quietly."""
    create(aws)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=0)
    awslambda.invoke_later("orders", b"{}")
    aws.clock.advance(600)
    client.delete_function_concurrency(FunctionName="orders")
    aws.clock.advance(60)
    assert total(aws, "Invocations", FunctionName="orders") == 1
    awslambda.invoke_later("orders", b"{}")
    client.delete_function(FunctionName="orders")
    aws.clock.advance(60)
    assert total(aws, "Invocations", FunctionName="orders") == 1


def test_an_image_is_kept_but_not_run(aws: LocalAws) -> None:
    """A function from an image exists, so that it can be refused; it cannot be invoked."""
    client = aws.client("lambda")
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/orders:latest"
    client.create_function(
        FunctionName="orders", PackageType="Image", Role=role(aws), Code={"ImageUri": image}
    )
    aws.clock.advance(2)
    found = client.get_function(FunctionName="orders")
    assert found["Configuration"]["PackageType"] == "Image"
    assert found["Code"]["ImageUri"] == image
    with pytest.raises(client.exceptions.InvalidRuntimeException, match="not images"):
        client.invoke(FunctionName="orders")


def test_destinations_are_refused_clearly(aws: LocalAws) -> None:
    """Retries and age of events can be configured; a second configuration replaces the first."""
    create(aws)
    client = aws.client("lambda")
    for retries in (0, 1):
        client.put_function_event_invoke_config(FunctionName="orders", MaximumRetryAttempts=retries)
    found = client.get_function_event_invoke_config(FunctionName="orders")
    assert found["MaximumRetryAttempts"] == 1
    destination = {"OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:{aws.account}:dead"}}
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="Destination"):
        client.put_function_event_invoke_config(
            FunctionName="orders", DestinationConfig=destination
        )


def test_other_runtimes_are_refused_clearly(aws: LocalAws) -> None:
    """A function that is no Python is an error, not a made-up answer."""
    create(aws, Runtime="nodejs22.x")
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.InvalidRuntimeException, match=r"not nodejs22\.x"):
        client.invoke(FunctionName="orders")


def test_moto_services_reach_functions(aws: LocalAws) -> None:
    """A message on a topic is delivered to the function that subscribes to it."""
    created = create(
        aws, "def handler(event, context): print(event['Records'][0]['Sns']['Message'])"
    )
    sns = aws.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=created["FunctionArn"])
    sns.publish(TopicArn=topic, Message="released")
    aws.clock.advance(1)
    assert "released" in log_lines(aws)


def test_a_queue_feeds_a_function(aws: LocalAws) -> None:
    """An event source mapping invokes the function; what fails stays in the queue."""
    create(aws, "def handler(event, context):\n    assert event['Records'][0]['body'] == 'good'\n")
    queue = aws.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    aws.client("lambda").create_event_source_mapping(
        FunctionName="orders", EventSourceArn=f"arn:aws:sqs:us-east-1:{aws.account}:orders"
    )
    for body in ("good", "bad"):
        aws.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
        aws.client("sqs").receive_message(QueueUrl=queue)
        aws.clock.advance(60)
    assert total(aws, "Invocations", FunctionName="orders") >= 2
    assert total(aws, "Errors", FunctionName="orders") >= 1


def test_dead_letters_can_go_to_a_topic(aws: LocalAws) -> None:
    """With no retries left at once, the topic has the event."""
    sns, client = aws.client("sns"), aws.client("lambda")
    topic = sns.create_topic(Name="dead")["TopicArn"]
    queue = aws.client("sqs").create_queue(QueueName="readers")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:readers"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    create(aws, "1 / 0", DeadLetterConfig={"TargetArn": topic})
    client.put_function_event_invoke_config(FunctionName="orders", MaximumRetryAttempts=0)
    awslambda.invoke_later("orders", b"{}")
    aws.clock.advance(1)
    assert len(aws.client("sqs").receive_message(QueueUrl=queue)["Messages"]) == 1


def test_a_client_waits_no_longer_than_its_read_timeout(aws: LocalAws) -> None:
    """The answer comes too late for it, and botocore asks again, as it does on AWS."""
    create(aws, "import time\ndef handler(event, context):\n    time.sleep(30)\n", Timeout=60)
    config = Config(read_timeout=20, retries={"total_max_attempts": 2})
    begun = aws.clock.now()
    with pytest.raises(ReadTimeoutError):
        boto3.client("lambda", config=config).invoke(FunctionName="orders")
    assert aws.clock.now() - begun >= 40
    assert total(aws, "Invocations", FunctionName="orders") == 2
    assert call(aws)[0] is None
