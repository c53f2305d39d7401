"""CloudWatch's alarms: who is told of a change, and alarms on other alarms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.alarms import FUNCTION, alarm, errors, put_alarm


def test_a_change_is_published_as_an_event(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event has the shape that CloudWatch documents, once per change."""
    published: list[tuple[Any, ...]] = []
    monkeypatch.setattr("canary.localaws.events.publish", lambda *event: published.append(event))
    put_alarm(aws, AlarmDescription="too many errors")
    errors(6)
    aws.clock.advance(300)
    (source, kind, detail, resources), *later = published
    assert [event[2]["state"]["value"] for event in later] == ["OK"]
    assert (source, kind) == ("aws.cloudwatch", "CloudWatch Alarm State Change")
    assert resources == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"]
    assert detail["alarmName"] == "errors"
    assert detail["state"]["value"] == "ALARM"
    assert detail["state"]["timestamp"] == "2026-01-05T09:01:00.000+0000"
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [6.0]
    assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert detail["configuration"] == {
        "description": "too many errors",
        "metrics": [
            {
                "id": "m1",
                "metricStat": {
                    "metric": {
                        "namespace": "AWS/Lambda",
                        "name": "Errors",
                        "dimensions": FUNCTION,
                    },
                    "period": 60,
                    "stat": "Sum",
                },
                "returnData": True,
            }
        ],
    }


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SetAlarmState publishes like any change, and a metric alarm then goes back."""
    published: list[Any] = []
    monkeypatch.setattr("canary.localaws.events.publish", lambda *event: published.append(event))
    put_alarm(aws)
    aws.clock.advance(60)
    cloudwatch = aws.client("cloudwatch")
    for _ in range(2):
        cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    assert alarm(aws)["StateValue"] == "ALARM"
    aws.clock.advance(60)
    assert alarm(aws)["StateValue"] == "OK"
    assert [event[2]["state"]["value"] for event in published] == ["OK", "ALARM", "OK"]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloudwatch.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="r")


def test_actions_notify_topics_unless_disabled(aws: LocalAws) -> None:
    """The topic's subscribers get CloudWatch's message; disabled actions stay silent."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:inbox"
    )
    put_alarm(aws, AlarmActions=[topic], OKActions=[topic])
    errors(6)
    aws.clock.advance(60)
    (received,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    body = json.loads(received["Body"])
    message = json.loads(body["Message"])
    assert body["Subject"] == 'ALARM: "errors" in US East (N. Virginia)'
    assert (message["AlarmName"], message["NewStateValue"]) == ("errors", "ALARM")
    assert message["Trigger"]["MetricName"] == "Errors"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=received["ReceiptHandle"])
    aws.client("cloudwatch").disable_alarm_actions(AlarmNames=["errors"])
    aws.clock.advance(240)
    assert alarm(aws)["StateValue"] == "OK"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    aws.client("cloudwatch").enable_alarm_actions(AlarmNames=["errors"])
    assert alarm(aws)["ActionsEnabled"] is True


def test_a_topic_under_the_managed_key_is_not_reached(aws: LocalAws) -> None:
    """CloudWatch may not use alias/aws/sns: the history says that the action failed."""
    topic = aws.client("sns").create_topic(
        Name="alarms", Attributes={"KmsMasterKeyId": "alias/aws/sns"}
    )["TopicArn"]
    put_alarm(aws, AlarmActions=[topic])
    errors(6)
    aws.clock.advance(60)
    (action,) = history(aws, HistoryItemType="Action")
    assert action["HistorySummary"].startswith("Failed to execute action")


def history(aws: LocalAws, **more: Any) -> Any:
    """The history of all alarms of both kinds, oldest first."""
    return aws.client("cloudwatch").describe_alarm_history(
        AlarmTypes=["MetricAlarm", "CompositeAlarm"], ScanBy="TimestampAscending", **more
    )["AlarmHistoryItems"]


def test_the_history_tells_what_happened(aws: LocalAws) -> None:
    """Creation and each change are there, in order."""
    put_alarm(aws)
    errors(6)
    aws.clock.advance(60)
    assert [item["HistorySummary"] for item in history(aws, AlarmName="errors")] == [
        'Alarm "errors" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]


def test_a_composite_alarm_follows_its_children(aws: LocalAws) -> None:
    """The rule is evaluated when a child changes; composites are described only when asked for."""
    cloudwatch = aws.client("cloudwatch")
    put_alarm(aws, "one")
    put_alarm(aws, "two", Threshold=50.0)
    cloudwatch.put_composite_alarm(
        AlarmName="both", AlarmRule='(ALARM("one") OR ALARM(two)) AND NOT INSUFFICIENT_DATA("one")'
    )

    def state() -> str:
        found = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return str(found[0]["StateValue"])

    assert cloudwatch.describe_alarms()["CompositeAlarms"] == []
    assert state() == "OK"
    errors(6)
    aws.clock.advance(60)
    assert state() == "ALARM"
    with pytest.raises(ClientError, match="depending on it"):
        cloudwatch.delete_alarms(AlarmNames=["one"])
    cloudwatch.set_alarm_state(AlarmName="both", StateValue="OK", StateReason="a drill")
    aws.clock.advance(1)
    assert state() == "OK"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('ALARM("nobody")', "do not exist"),
        ('ALARM("one") AND', "ends too early"),
        ('ALARM("one") ALARM("one")', "must not contain"),
        ('(ALARM("one")', "closing parenthesis"),
        ("WARNING(one)", "cannot be read"),
    ],
)
def test_a_wrong_rule_is_refused(aws: LocalAws, rule: str, message: str) -> None:
    """A rule that cannot be read, or that names an unknown alarm, makes no alarm."""
    put_alarm(aws, "one")
    with pytest.raises(ClientError, match=message):
        aws.client("cloudwatch").put_composite_alarm(AlarmName="wrong", AlarmRule=rule)


def test_a_composite_alarm_cannot_depend_on_itself(aws: LocalAws) -> None:
    """Neither directly nor through another."""
    cloudwatch = aws.client("cloudwatch")
    put_alarm(aws, "one")
    cloudwatch.put_composite_alarm(AlarmName="low", AlarmRule="ALARM(one)")
    cloudwatch.put_composite_alarm(AlarmName="high", AlarmRule="ALARM(low)")
    for rule in ("ALARM(low)", "NOT ALARM(high)"):
        with pytest.raises(ClientError, match="depend on itself"):
            cloudwatch.put_composite_alarm(AlarmName="low", AlarmRule=rule)
