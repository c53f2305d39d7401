"""Rules of EventBridge: which events they want, and what their targets get."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from canary.localaws import LocalAws, events
from canary.localaws.events.pattern import matches
from tests.localaws.roles import open_queue

QUEUE = "arn:aws:sqs:us-east-1:123456789012:inbox"


def inbox(aws: LocalAws) -> list[Any]:
    """What has arrived in the queue."""
    url = boto3.client("sqs").get_queue_url(QueueName="inbox")["QueueUrl"]
    answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def rule(aws: LocalAws, pattern: dict[str, Any], **target: Any) -> None:
    """A rule that sends to the queue what matches."""
    open_queue(aws, "inbox")
    client = aws.client("events")
    client.put_rule(Name="rule", EventPattern=json.dumps(pattern))
    client.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": QUEUE} | target])


def alarm(name: str = "errors") -> None:
    """Publish an event of a service."""
    detail = {"alarmName": name, "state": {"value": "ALARM", "reason": 'it said "no"'}, "n": [1, 2]}
    events.publish("aws.cloudwatch", "CloudWatch Alarm State Change", detail, ["arn:alarm"])


def test_an_event_has_the_envelope_of_aws(aws: LocalAws) -> None:
    """A matching rule's target gets version, id, account, region and time around the detail."""
    rule(aws, {"source": ["aws.cloudwatch"]})
    alarm()
    aws.clock.advance(1)

    (event,) = inbox(aws)
    assert len(event.pop("id")) == 36
    assert event.pop("detail")["alarmName"] == "errors"
    assert event == {
        "version": "0",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-01-05T09:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:alarm"],
    }


def test_events_of_users_go_the_same_way(aws: LocalAws) -> None:
    """PutEvents reaches rules; an entry that is not valid fails alone."""
    rule(aws, {"source": ["shop"]})
    entries = [
        {"Source": "shop", "DetailType": "Sold", "Detail": '{"n": 1}'},
        {"Source": "aws.ec2", "DetailType": "Sold", "Detail": "{}"},
        {"Source": "shop", "DetailType": "Sold", "Detail": "1"},
        {"Source": "shop", "Detail": "{}"},
    ]

    answer = aws.client("events").put_events(Entries=entries)

    aws.clock.advance(1)
    (event,) = inbox(aws)
    assert event["id"] == answer["Entries"][0]["EventId"]
    assert answer["FailedEntryCount"] == 3
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        None,
        "NotAuthorizedForSourceException",
        "MalformedDetail",
        "InvalidArgument",
    ]


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x"]}, {}, False),
        ({"a": {"b": [1]}}, {"a": {"b": 1}}, True),
        ({"a": {"b": [1]}}, {"a": {"b": True}}, False),
        ({"a": {"b": [1]}}, {"a": {"b": "1"}}, False),
        ({"a": [1]}, {"a": [3, 1]}, True),
        ({"a": {"b": [1]}}, {"a": [{"b": 2}, {"b": 1}]}, True),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": [None]}, {"a": ""}, False),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": 1}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "y"}, False),
        ({"a": [{"anything-but": ["x"]}]}, {}, False),
        ({"a": [{"anything-but": "x"}]}, {"a": None}, True),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "y"}, True),
        ({"a": [{"anything-but": {"prefix": ["x", "y"]}}]}, {"a": "y"}, False),
        ({"a": [{"prefix": "x"}]}, {"a": "xy"}, True),
        ({"a": [{"prefix": {"equals-ignore-case": "X"}}]}, {"a": "xy"}, True),
        ({"a": [{"prefix": "x"}]}, {"a": 1}, False),
        ({"a": [{"suffix": "y"}]}, {"a": "xy"}, True),
        ({"a": [{"equals-ignore-case": "XY"}]}, {"a": "xy"}, True),
        ({"a": [{"wildcard": "a*c"}]}, {"a": "abc"}, True),
        ({"a": [{"wildcard": "a\\*c"}]}, {"a": "abc"}, False),
        ({"a": [{"wildcard": "a\\*c"}]}, {"a": "a*c"}, True),
        ({"a": [{"numeric": [">", 1, "<=", 3]}]}, {"a": 3}, True),
        ({"a": [{"numeric": [">", 1, "<=", 3]}]}, {"a": 1}, False),
        ({"a": [{"numeric": ["=", 1]}]}, {"a": "1"}, False),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.9"}, True),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.1.9"}, False),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"a": 2}, False),
        ({"a": ["x", {"exists": False}]}, {}, True),
    ],
)
def test_patterns_match_as_on_aws(
    aws: LocalAws, pattern: dict[str, Any], event: dict[str, Any], expected: bool
) -> None:
    """TestEventPattern agrees with the documentation of patterns."""
    answer = aws.client("events").test_event_pattern(
        EventPattern=json.dumps(pattern), Event=json.dumps(event)
    )
    assert answer["Result"] is expected


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_an_event_matches_the_pattern_made_from_it(event: dict[str, Any]) -> None:
    """Each field's own value is allowed, and demanding that it be absent is not met."""
    event.pop("$or", None)
    assert matches({name: [value] for name, value in event.items()}, event)
    assert not any(matches({name: [{"exists": False}]}, event) for name in event)


def test_a_rule_can_be_switched_off_and_on(aws: LocalAws) -> None:
    """A disabled rule sends nothing."""
    rule(aws, {"source": ["aws.cloudwatch"]})
    aws.client("events").disable_rule(Name="rule")
    alarm("off")
    aws.client("events").enable_rule(Name="rule")
    alarm("on")
    aws.clock.advance(1)

    assert [event["detail"]["alarmName"] for event in inbox(aws)] == ["on"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"mode": "auto"}'}, {"mode": "auto"}),
        ({"InputPath": "$.detail.state.value"}, "ALARM"),
        ({"InputPath": "$.detail.n[1]"}, 2),
        ({"InputPath": "$.detail.none"}, None),
    ],
)
def test_a_target_can_get_a_constant_or_a_part(
    aws: LocalAws, target: dict[str, Any], expected: Any
) -> None:
    """Input and InputPath replace the event."""
    rule(aws, {"source": ["aws.cloudwatch"]}, **target)
    alarm()
    aws.clock.advance(1)

    assert inbox(aws) == [expected]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"alarm": <name>, "state": <state>}', {"alarm": "errors", "state": None}),
        ('{"text": "<name> is <value>"}', {"text": "errors is ALARM"}),
        ('"<reason>"', 'it said "no"'),
        ('{"all": <numbers>, "text": "<numbers>"}', {"all": [1, 2], "text": "[1, 2]"}),
        ('{"rule": <aws.events.rule-name>}', {"rule": "rule"}),
        ('{"unknown": "<nothing>"}', {"unknown": "<nothing>"}),
    ],
)
def test_a_target_can_get_a_text_made_from_parts(
    aws: LocalAws, template: str, expected: Any
) -> None:
    """InputTransformer quotes strings where JSON needs it, and not inside of texts."""
    paths = {
        "name": "$.detail.alarmName",
        "value": "$.detail.state.value",
        "state": "$.detail.none",
        "reason": "$.detail.state.reason",
        "numbers": "$.detail.n",
    }
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    rule(aws, {"source": ["aws.cloudwatch"]}, InputTransformer=transformer)
    alarm()
    aws.clock.advance(1)

    assert inbox(aws) == [expected]


def test_a_schedule_fires_at_its_rate(aws: LocalAws) -> None:
    """`rate(5 minutes)` sends an event each five minutes, until the rule is deleted."""
    open_queue(aws, "inbox")
    client = aws.client("events")
    arn = client.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")["RuleArn"]
    client.put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": QUEUE}])
    aws.clock.advance(901)
    client.remove_targets(Rule="tick", Ids=["1"])
    client.delete_rule(Name="tick")
    aws.clock.advance(900)

    ticks = inbox(aws)
    assert [tick["time"][11:] for tick in ticks] == ["09:05:00Z", "09:10:00Z", "09:15:00Z"]
    assert {(tick["source"], *tick["resources"]) for tick in ticks} == {("aws.events", arn)}


def test_a_schedule_without_a_pattern_wants_no_events(aws: LocalAws) -> None:
    """What services publish does not set off a rule that has only a schedule."""
    open_queue(aws, "inbox")
    client = aws.client("events")
    client.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
    client.put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": QUEUE}])
    alarm()
    aws.clock.advance(10)

    assert inbox(aws) == []


def test_putting_a_schedule_again_does_not_double_it(aws: LocalAws) -> None:
    """The new rate counts from its own beginning."""
    open_queue(aws, "inbox")
    client = aws.client("events")
    client.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
    client.put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": QUEUE}])
    client.put_rule(Name="tick", ScheduleExpression="rate(7 minutes)")
    aws.clock.advance(601)

    assert [tick["time"][11:] for tick in inbox(aws)] == ["09:07:00Z"]


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "cron(0 12 * * ? *)"]
)
def test_schedules_that_cannot_run_are_refused(aws: LocalAws, expression: str) -> None:
    """Neither bad grammar nor cron is accepted and then ignored."""
    with pytest.raises(ClientError, match="ValidationException"):
        aws.client("events").put_rule(Name="tick", ScheduleExpression=expression)
