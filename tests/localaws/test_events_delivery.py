"""How events reach the targets of rules, or do not."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException

from canary.localaws import LocalAws, events, stepfunctions
from tests.localaws.roles import document, granting, open_queue, role

QUEUE = "arn:aws:sqs:us-east-1:123456789012:inbox"
GRAVE = "arn:aws:sqs:us-east-1:123456789012:grave"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:rollback"


def rule(aws: LocalAws, **target: Any) -> None:
    """A rule with one target, and the queues."""
    for name in ("inbox", "grave"):
        open_queue(aws, name)
    if target.get("Arn") == MACHINE:
        target["RoleArn"] = role(aws, "starter", "events")
    client = aws.client("events")
    client.put_rule(Name="rule", EventPattern='{"source": ["test"]}')
    client.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": QUEUE} | target])


def publish(*numbers: int) -> None:
    """One event for each number."""
    for number in numbers:
        events.publish("test", "Number", {"number": number}, [])


def messages(queue: str) -> list[Any]:
    """What is in the queue."""
    url = boto3.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    answer = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))


def numbers() -> list[int]:
    """The numbers that have arrived."""
    return [json.loads(message["Body"])["detail"]["number"] for message in messages("inbox")]


def test_delivery_takes_a_moment(aws: LocalAws) -> None:
    """A target gets the event a fifth of a second later, not at once."""
    rule(aws)
    publish(1)
    aws.clock.advance(0.15)
    assert numbers() == []
    aws.clock.advance(0.1)
    assert numbers() == [1]


def test_events_can_be_lost(aws: LocalAws) -> None:
    """Only those that are chosen, and only until all is as usual."""
    rule(aws)
    events.delivery().lose(lambda event: event["detail"]["number"] == 2)
    publish(1, 2, 3)
    events.delivery().as_usual()
    publish(2)
    aws.clock.advance(1)

    assert numbers() == [1, 3, 2]


def test_events_can_be_doubled(aws: LocalAws) -> None:
    """Both copies are the same event."""
    rule(aws)
    events.delivery().double()
    publish(1)
    aws.clock.advance(1)

    first, second = messages("inbox")
    assert first["Body"] == second["Body"]


def test_events_can_be_late(aws: LocalAws) -> None:
    """A delayed event arrives after one that was published later."""
    rule(aws)
    events.delivery().delay(60, lambda event: event["detail"]["number"] == 1)
    publish(1, 2)
    aws.clock.advance(59)
    assert numbers() == [2]
    aws.clock.advance(1)
    assert numbers() == [1]


def test_events_can_be_reordered(aws: LocalAws) -> None:
    """All of them arrive, in an order of their own."""
    rule(aws)
    events.delivery().reorder(within=30)
    publish(*range(8))
    aws.clock.advance(30)

    order = numbers()
    assert sorted(order) == list(range(8))
    assert order != list(range(8))


@pytest.mark.parametrize(
    "arn",
    [
        MACHINE,
        "arn:aws:lambda:us-east-1:123456789012:function:none",
        "arn:aws:sqs:us-east-1:123456789012:none",
        "arn:aws:sns:us-east-1:123456789012:none",
        "arn:aws:logs:us-east-1:123456789012:log-group:none",
    ],
)
def test_what_has_no_target_goes_to_the_dead_letters_at_once(aws: LocalAws, arn: str) -> None:
    """A deleted target is not tried again; the message says which rule and which target."""
    rule(aws, Arn=arn, DeadLetterConfig={"Arn": GRAVE})
    publish(1)
    aws.clock.advance(1)

    (letter,) = messages("grave")
    texts = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
    assert texts.pop("ERROR_MESSAGE")
    assert texts == {
        "RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/rule",
        "TARGET_ARN": arn,
        "ERROR_CODE": "NO_RESOURCE",
        "RETRY_ATTEMPTS": "0",
    }
    assert json.loads(letter["Body"])["detail"] == {"number": 1}


def test_without_a_dead_letter_queue_it_is_dropped(aws: LocalAws) -> None:
    """Nothing is raised to whoever published the event."""
    rule(aws, Arn=MACHINE)
    publish(1)
    aws.clock.advance(1)

    assert messages("grave") == []


@pytest.mark.parametrize(
    ("policy", "condition"),
    [
        ({"MaximumRetryAttempts": 2}, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, "MaximumEventAgeInSeconds"),
    ],
)
def test_a_target_that_fails_is_tried_again(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, policy: dict[str, int], condition: str
) -> None:
    """Attempts and age have a limit; then the dead letter says which one it was."""
    attempts: list[float] = []

    def start(*_: object) -> None:
        attempts.append(aws.clock.now())
        raise ServiceException("ThrottlingException", "slower")

    monkeypatch.setattr(stepfunctions, "start_execution", start)
    rule(aws, Arn=MACHINE, DeadLetterConfig={"Arn": GRAVE}, RetryPolicy=policy)
    publish(1)
    aws.clock.advance(3600)

    (letter,) = messages("grave")
    attributes = letter["MessageAttributes"]
    assert attributes["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == condition
    assert attributes["ERROR_CODE"]["StringValue"] == "THROTTLING"
    assert int(attributes["RETRY_ATTEMPTS"]["StringValue"]) == len(attempts) - 1
    assert len(attempts) >= 3
    assert attempts[-1] - attempts[0] <= 60


def test_a_retry_can_succeed(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed for a moment is delivered once."""
    started: list[str] = []
    failures = [ServiceException("InternalError", "sorry")]

    def start(_machine: str, name: str, _text: str) -> None:
        if failures:
            raise failures.pop()
        started.append(name)

    monkeypatch.setattr(stepfunctions, "start_execution", start)
    rule(aws, Arn=MACHINE)
    publish(1)
    aws.clock.advance(3600)

    assert len(started) == 1


def test_a_function_is_invoked_later(aws: LocalAws) -> None:
    """The event is handed to Lambda, which repeats the invocation when the function fails."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    print(event); 1 / 0\n")
    function = boto3.client("lambda").create_function(
        FunctionName="record",
        Runtime="python3.13",
        Handler="main.handler",
        Role=role(aws, "function-role", "lambda"),
        Code={"ZipFile": package.getvalue()},
    )
    boto3.client("lambda").add_permission(
        FunctionName="record",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/rule",
    )
    aws.clock.advance(60)
    rule(aws, Arn=function["FunctionArn"], InputPath="$.detail")
    publish(7)
    aws.clock.advance(600)

    logs = boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/record")
    lines = [event["message"] for event in logs["events"]]
    assert lines.count("{'number': 7}") == 3


def test_topics_and_log_groups_get_events(aws: LocalAws) -> None:
    """A topic publishes it, a log group stores it as a line."""
    boto3.client("logs").create_log_group(logGroupName="/events")
    topic = boto3.client("sns").create_topic(Name="news")["TopicArn"]
    boto3.client("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=document(granting("events", "sns:Publish", topic)),
    )
    logs = granting("events", "logs:*", "arn:aws:logs:*:*:log-group:/events:*")
    boto3.client("logs").put_resource_policy(policyName="events", policyDocument=document(logs))
    rule(aws)
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/events"
    targets = [{"Id": "1", "Arn": topic}, {"Id": "2", "Arn": group}]
    aws.client("events").put_targets(Rule="rule", Targets=targets)
    publish(1)
    aws.clock.advance(1)

    (message,) = messages("inbox")
    assert json.loads(json.loads(message["Body"])["Message"])["detail"] == {"number": 1}
    (line,) = boto3.client("logs").filter_log_events(logGroupName="/events")["events"]
    assert json.loads(line["message"])["detail"] == {"number": 1}


def test_a_target_that_nobody_serves_is_refused(aws: LocalAws) -> None:
    """PutTargets says so, instead of dropping events later."""
    with pytest.raises(ClientError, match="cannot send events"):
        rule(aws, Arn="arn:aws:kinesis:us-east-1:123456789012:stream/s")
