"""CloudWatch's alarms: who is told of a change, and alarms on other alarms."""

from __future__ import annotations

import json
from datetime import timedelta
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
    assert action["HistorySummary"] == f"Failed to execute action {topic}"
    assert json.loads(action["HistoryData"])["actionState"] == "Failed"


def history(aws: LocalAws, **more: Any) -> Any:
    """The history of all alarms of both kinds, oldest first."""
    return aws.client("cloudwatch").describe_alarm_history(
        AlarmTypes=["MetricAlarm", "CompositeAlarm"], ScanBy="TimestampAscending", **more
    )["AlarmHistoryItems"]


def test_the_history_tells_what_happened(aws: LocalAws) -> None:
    """Each change of settings, each change of state and each action is there, also afterwards."""
    topic = aws.client("sns").create_topic(Name="alarms")["TopicArn"]
    put_alarm(aws, AlarmActions=[topic])
    errors(6)
    aws.clock.advance(60)
    put_alarm(aws, Threshold=7.0)
    aws.client("cloudwatch").delete_alarms(AlarmNames=["errors"])
    told = history(aws, AlarmName="errors")
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in told] == [
        ("ConfigurationUpdate", 'Alarm "errors" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("Action", f"Successfully executed action {topic}"),
        ("ConfigurationUpdate", 'Alarm "errors" updated'),
        ("ConfigurationUpdate", 'Alarm "errors" deleted'),
    ]
    created, changed, acted, updated, deleted = (json.loads(item["HistoryData"]) for item in told)
    assert (created["type"], created["createdAlarm"]["threshold"]) == ("Create", 5.0)
    assert changed["newState"]["stateReasonData"]["recentDatapoints"] == [6.0]
    assert acted["actionState"] == "Succeeded"
    assert acted["publishedMessage"]["NewStateValue"] == "ALARM"
    assert (updated["type"], updated["updatedAlarm"]["threshold"]) == ("Update", 7.0)
    assert deleted["type"] == "Delete"


def test_the_history_is_read_by_alarm_type_time_and_page(aws: LocalAws) -> None:
    """The newest comes first, and of metric alarms only, unless asked otherwise."""
    cloudwatch = aws.client("cloudwatch")
    put_alarm(aws)
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(errors)")
    errors(6)
    aws.clock.advance(240)

    def summaries(**more: Any) -> list[str]:
        items = cloudwatch.describe_alarm_history(**more)["AlarmHistoryItems"]
        return [item["HistorySummary"] for item in items]

    first, second, third = (
        'Alarm "errors" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        "Alarm updated from ALARM to OK",
    )
    assert summaries() == [third, second, first]
    assert summaries(ScanBy="TimestampAscending") == [first, second, third]
    assert summaries(HistoryItemType="ConfigurationUpdate") == [first]
    assert summaries(AlarmTypes=["CompositeAlarm"], HistoryItemType="ConfigurationUpdate") == [
        'Alarm "all" created'
    ]
    assert summaries(AlarmName="all") == []
    minute = aws.clock.datetime() - timedelta(seconds=180)
    assert summaries(StartDate=minute, EndDate=minute) == [second]
    paginator = cloudwatch.get_paginator("describe_alarm_history")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["AlarmHistoryItems"]) for page in pages] == [2, 1]


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("ALARM(red)", "ALARM"),
        ("OK(red)", "OK"),
        ("INSUFFICIENT_DATA(new)", "ALARM"),
        ("NOT OK(green) OR ALARM(red)", "ALARM"),
        ("NOT (OK(green) AND ALARM(red))", "OK"),
        ("ALARM(red) OR ALARM(red) AND ALARM(green)", "ALARM"),
        ("TRUE AND NOT FALSE", "ALARM"),
        ('ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:red")', "ALARM"),
    ],
)
def test_a_rule_is_true_or_false(aws: LocalAws, rule: str, state: str) -> None:
    """All words of the rules, over an alarm in each state; AND binds before OR."""
    cloudwatch = aws.client("cloudwatch")
    for name, value in (("red", "ALARM"), ("green", "OK"), ("new", "INSUFFICIENT_DATA")):
        put_alarm(aws, name)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="a drill")
    cloudwatch.put_composite_alarm(AlarmName="composite", AlarmRule=rule)
    (found,) = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert found["StateValue"] == state


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
