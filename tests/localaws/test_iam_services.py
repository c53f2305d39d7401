"""Services that act as a role, or for themselves: what they may not do fails as on AWS."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws, events
from tests.localaws import deployments, packages
from tests.localaws.roles import allow, document, granting, open_queue, role, trusting

R = "us-east-1:123456789012"
ORDERS = f"arn:aws:lambda:{R}:function:orders"


def on(action: str, resource: str = "*") -> dict[str, Any]:
    """A statement that allows this."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


# -- Lambda ----------------------------------------------------------------------------------------


def test_a_function_needs_a_role_that_trusts_lambda(aws: LocalAws) -> None:
    """One for another service is refused when the function is made."""
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        packages.create(aws, Role=role(aws, "machine", "states"))


def test_a_function_whose_role_stops_trusting_lambda_does_not_run(aws: LocalAws) -> None:
    """The caller is told, and no code runs."""
    packages.create(aws)
    aws.client("iam").update_assume_role_policy(
        RoleName="function-role", PolicyDocument=trusting("states")
    )
    with pytest.raises(ClientError, match="cannot be assumed by Lambda") as raised:
        packages.call(aws)
    assert deployments.code_of(raised) == "AccessDeniedException"


@pytest.mark.parametrize(("right", "lines"), [("logs:*", 4), ("logs:PutLogEvents", 0), ("s3:*", 0)])
def test_without_the_right_there_is_no_log(aws: LocalAws, right: str, lines: int) -> None:
    """The function answers all the same."""
    packages.create(aws)
    allow(aws, "function-role", on(right))
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/orders")
    answer, _ = packages.call(aws)
    assert answer == {"version": "$LATEST"}
    assert len(packages.log_lines(aws)) == lines


# -- Step Functions --------------------------------------------------------------------------------


def run(aws: LocalAws, states: dict[str, Any]) -> dict[str, Any]:
    """An execution of a machine with the role `machine`, ended."""
    client = aws.client("stepfunctions")
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    machine = client.create_state_machine(
        name="m", definition=definition, roleArn="arn:aws:iam::123456789012:role/machine"
    )["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    aws.clock.advance(60)
    return dict(client.describe_execution(executionArn=execution))


def test_a_machine_that_may_not_invoke_fails_in_its_task(aws: LocalAws) -> None:
    """The state fails with Lambda's error and sentence; the function does not run."""
    packages.create(aws)
    role(aws, "machine", "states", on("lambda:InvokeFunction", f"{ORDERS}:live"))
    ended = run(aws, {"Ask": {"Type": "Task", "Resource": ORDERS, "End": True}})
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.AccessDeniedException")
    assert "assumed-role/machine/" in ended["cause"]
    assert f"lambda:InvokeFunction on resource: {ORDERS} because no identity" in ended["cause"]
    assert packages.total(aws, "Invocations", FunctionName="orders") == 0


def test_a_machine_calls_other_services_as_its_role(aws: LocalAws) -> None:
    """In branches of Parallel too; the SDK has no exception of its own for what SQS answers."""
    role(aws, "machine", "states", on("lambda:InvokeFunction"))
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "End": True}
    branch = {"StartAt": "List", "States": {"List": task | {"Parameters": {}}}}
    ended = run(aws, {"Both": {"Type": "Parallel", "Branches": [branch], "End": True}})
    assert (ended["status"], ended["error"]) == ("FAILED", "Sqs.SqsException")
    assert "because no identity-based policy allows the sqs:listqueues action" in ended["cause"]


def test_a_machine_needs_a_role_that_trusts_step_functions(aws: LocalAws) -> None:
    """Else it cannot be made."""
    role(aws, "machine", "lambda")
    with pytest.raises(ClientError, match=r"states\.amazonaws\.com.* authorized to assume"):
        run(aws, {"A": {"Type": "Pass", "End": True}})


# -- EventBridge -----------------------------------------------------------------------------------


def letters(aws: LocalAws, target: dict[str, Any], grave: str) -> list[str]:
    """The error codes of what a rule with this target puts into its dead letter queue."""
    client = aws.client("events")
    client.put_rule(Name="rule", EventPattern='{"source": ["test"]}')
    client.put_targets(
        Rule="rule", Targets=[{"Id": "1", "DeadLetterConfig": {"Arn": grave}} | target]
    )
    events.publish("test", "Number", {"number": 1}, [])
    aws.clock.advance(60)
    answer = boto3.client("sqs").receive_message(
        QueueUrl=boto3.client("sqs").get_queue_url(QueueName="grave")["QueueUrl"],
        MessageAttributeNames=["All"],
    )
    return [
        message["MessageAttributes"]["ERROR_CODE"]["StringValue"]
        for message in answer.get("Messages", [])
    ]


def machine_target(aws: LocalAws, service: str, *statements: dict[str, Any]) -> dict[str, Any]:
    """A machine as target, with a role that trusts this service and has these rights."""
    role(aws, "machine", "states")
    machine = aws.client("stepfunctions").create_state_machine(
        name="m",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )["stateMachineArn"]
    return {"Arn": machine, "RoleArn": role(aws, "starter", service, *statements)}


@pytest.mark.parametrize(
    ("service", "action", "codes"),
    [
        ("events", "states:StartExecution", []),
        ("events", "states:DescribeExecution", ["NO_PERMISSIONS"]),
        ("lambda", "states:StartExecution", ["NO_PERMISSIONS"]),
    ],
)
def test_a_rule_starts_a_machine_as_its_role(
    aws: LocalAws, service: str, action: str, codes: list[str]
) -> None:
    """Without the right, or without trust, the event goes to the dead letters at once."""
    target = machine_target(aws, service, on(action))
    assert letters(aws, target, open_queue(aws, "grave")) == codes
    started = boto3.client("stepfunctions").list_executions(stateMachineArn=target["Arn"])
    assert bool(started["executions"]) is not bool(codes)


def test_a_queue_lets_only_the_rules_that_it_names(aws: LocalAws) -> None:
    """`aws:SourceArn` is the rule's ARN."""
    queue = open_queue(aws, "inbox")
    other = {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:{R}:rule/other"}}
    policy = granting("events", "sqs:SendMessage", queue) | {"Condition": other}
    url = boto3.client("sqs").get_queue_url(QueueName="inbox")["QueueUrl"]
    boto3.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(policy)})
    assert letters(aws, {"Arn": queue}, open_queue(aws, "grave")) == ["NO_PERMISSIONS"]


def test_a_function_is_invoked_by_whom_its_policy_names(aws: LocalAws) -> None:
    """A permission for another service is none for EventBridge."""
    packages.create(aws)
    boto3.client("lambda").add_permission(
        FunctionName="orders",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
    )
    assert letters(aws, {"Arn": ORDERS}, open_queue(aws, "grave")) == ["NO_PERMISSIONS"]


def test_dead_letters_that_may_not_be_buried_are_dropped(aws: LocalAws) -> None:
    """A dead letter queue under a key that EventBridge may not use gets nothing."""
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    key = aws.client("kms").create_key(Policy=document(on("kms:*") | {"Principal": root}))
    grave = open_queue(aws, "grave")
    url = boto3.client("sqs").get_queue_url(QueueName="grave")["QueueUrl"]
    boto3.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"KmsMasterKeyId": key["KeyMetadata"]["Arn"]}
    )
    target = machine_target(aws, "events", on("s3:*"))
    assert letters(aws, target, grave) == []


# -- CodeDeploy ------------------------------------------------------------------------------------

ALIAS = on("lambda:*Alias", ORDERS)


def outcome(aws: LocalAws, deployment: str) -> tuple[str, str]:
    """How the deployment ended: its status, and the code of its error."""
    found = deployments.described(aws, deployment)
    return found["status"], found.get("errorInformation", {}).get("code", "")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([ALIAS], ("Succeeded", "")),
        ([on("lambda:GetAlias")], ("Failed", "IAM_ROLE_PERMISSIONS")),
        ([on("lambda:UpdateAlias")], ("Failed", "IAM_ROLE_PERMISSIONS")),
    ],
)
def test_codedeploy_moves_the_alias_as_its_role(
    aws: LocalAws, statements: list[dict[str, Any]], expected: tuple[str, str]
) -> None:
    """Without the rights the deployment fails, and the alias is where it was."""
    deployments.prepare(aws)
    allow(aws, "deployer", *statements)
    deployment = deployments.deploy(aws)
    aws.clock.advance(600)
    assert outcome(aws, deployment) == expected
    moved = expected[0] == "Succeeded"
    assert deployments.alias(aws) == ("2" if moved else "1", {})


@pytest.mark.parametrize(
    ("ignore", "expected"),
    [(False, ("Stopped", "IAM_ROLE_PERMISSIONS")), (True, ("Succeeded", ""))],
)
def test_alarms_that_cannot_be_read_stop_a_deployment(
    aws: LocalAws, ignore: bool, expected: tuple[str, str]
) -> None:
    """Unless the group says that this is to be ignored."""
    deployments.put_alarm(aws)
    deployments.prepare(
        aws, alarmConfiguration=deployments.alarms("errors", ignorePollAlarmFailure=ignore)
    )
    allow(aws, "deployer", ALIAS)
    deployment = deployments.deploy(aws)
    aws.clock.advance(600)
    assert outcome(aws, deployment) == expected


def test_a_hook_that_may_not_be_invoked_fails_the_deployment(aws: LocalAws) -> None:
    """Before any traffic moves."""
    deployments.prepare(aws)
    deployments.hook(aws, "before", "Succeeded")
    allow(aws, "deployer", ALIAS)
    spec = deployments.app_spec("1", "2", hooks={"BeforeAllowTraffic": "before"})
    deployment = deployments.deploy(aws, content=spec)
    aws.clock.advance(600)
    assert outcome(aws, deployment) == ("Failed", "IAM_ROLE_PERMISSIONS")
    assert deployments.alias(aws) == ("1", {})


# -- CloudWatch ------------------------------------------------------------------------------------


def test_an_alarm_notifies_only_topics_that_let_it(aws: LocalAws) -> None:
    """A policy without CloudWatch makes the action fail, and the history says so."""
    sns, cloudwatch = aws.client("sns"), aws.client("cloudwatch")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    deployments.put_alarm(aws)
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[topic],
    )
    outcomes = []
    for policy in (None, granting("events", "sns:Publish", topic)):
        if policy:
            sns.set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=document(policy)
            )
        deployments.sound(aws, state="OK")
        aws.clock.advance(1)
        deployments.sound(aws)
        aws.clock.advance(1)
        items = cloudwatch.describe_alarm_history(AlarmName="errors", HistoryItemType="Action")
        outcomes.append(items["AlarmHistoryItems"][0]["HistorySummary"].split(" ")[0])
    assert outcomes == ["Successfully", "Failed"]
