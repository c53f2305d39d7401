"""Stacks: every type of resource is made as its template says, through our SAM templates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from canary.localaws import LocalAws
from canary.localaws.stack import deploy
from canary.localaws.stack.resource import KINDS

TEMPLATES = Path(__file__).parent / "templates"


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[LocalAws, dict[str, str]]]:
    """The stack with one resource of every type, made once for the tests that only look at it."""
    with LocalAws() as aws:
        yield aws, deploy(aws, TEMPLATES / "everything.yaml", "everything", {})


def physical(aws: LocalAws, logical_id: str) -> str:
    """A resource's physical id."""
    detail = aws.client("cloudformation").describe_stack_resource(
        StackName="everything", LogicalResourceId=logical_id
    )
    return str(detail["StackResourceDetail"]["PhysicalResourceId"])


def test_every_type_is_made(made: tuple[LocalAws, dict[str, str]]) -> None:
    """The test template names each type that the engine knows, and each exists afterwards."""
    aws, _ = made
    listed = aws.client("cloudformation").list_stack_resources(StackName="everything")
    resources = listed["StackResourceSummaries"]
    assert {resource["ResourceType"] for resource in resources} == set(KINDS)
    assert all(resource["PhysicalResourceId"] for resource in resources)


def test_outputs_are_resolved(made: tuple[LocalAws, dict[str, str]]) -> None:
    """Ref, Sub, Select, Split and If give their values; a false condition hides an output."""
    aws, outputs = made
    assert outputs["Second"] == "two"
    assert outputs["Stage"] == "a test"
    assert outputs["Group"] == f"{physical(aws, 'Application')}/{physical(aws, 'Group')}"
    assert "Production" not in outputs


def test_a_function_has_what_its_template_and_its_globals_say(
    made: tuple[LocalAws, dict[str, str]],
) -> None:
    """Configuration, reserved concurrency, tags, version and alias are as written."""
    aws, outputs = made
    client, name = aws.client("lambda"), outputs["Function"]
    function = client.get_function(FunctionName=name)
    configuration = function["Configuration"]
    assert configuration["Runtime"] == "python3.13"
    assert configuration["Architectures"] == ["arm64"]
    assert (configuration["MemorySize"], configuration["Timeout"]) == (256, 30)
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert configuration["LoggingConfig"]["LogFormat"] == "JSON"
    assert configuration["LoggingConfig"]["LogGroup"] == "/test/everything"
    assert configuration["State"] == "Active"
    assert function["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    assert function["Tags"]["component"] == "test"
    alias = client.get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "1"


def test_a_function_runs_the_code_of_its_directory(
    made: tuple[LocalAws, dict[str, str]],
) -> None:
    """What CodeUri names is what answers, in the template's environment; so does inline code."""
    aws, outputs = made
    client = aws.client("lambda")
    answer = client.invoke(FunctionName=outputs["Function"], Payload=b'{"n": 1}')
    payload = json.load(answer["Payload"])
    assert payload == {
        "event": {"n": 1},
        "table": physical(aws, "Table"),
        "file": str(TEMPLATES / "code" / "handler.py"),
    }
    inline = client.invoke(FunctionName=physical(aws, "Inline"), Payload=b"{}")
    assert json.load(inline["Payload"]) == "inline"


def test_a_machine_executes_with_its_substitutions(
    made: tuple[LocalAws, dict[str, str]],
) -> None:
    """The definition's placeholders are filled, and the machine runs."""
    aws, outputs = made
    client = aws.client("stepfunctions")
    machine = client.describe_state_machine(stateMachineArn=outputs["Machine"])
    echo = json.loads(machine["definition"])["States"]["Echo"]
    assert echo["Resource"].endswith(f":function:{outputs['Function']}")
    assert machine["loggingConfiguration"]["level"] == "ERROR"
    execution = client.start_execution(
        stateMachineArn=outputs["Machine"], name="one", input='{"n": 2}'
    )["executionArn"]
    aws.clock.advance(10)
    ended = client.describe_execution(executionArn=execution)
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["event"] == {"n": 2}


def test_rules_have_their_targets(made: tuple[LocalAws, dict[str, str]]) -> None:
    """A rule's target keeps role, retry policy, dead letters and transformer."""
    aws, outputs = made
    events = aws.client("events")
    (target,) = events.list_targets_by_rule(Rule=physical(aws, "AlarmRule"))["Targets"]
    assert target["Arn"] == outputs["Machine"]
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60}
    assert target["DeadLetterConfig"]["Arn"].startswith("arn:aws:sqs:")
    assert target["InputTransformer"]["InputPathsMap"] == {"name": "$.detail.alarmName"}
    (schedule,) = [r for r in events.list_rules()["Rules"] if r.get("ScheduleExpression")]
    (target,) = events.list_targets_by_rule(Rule=schedule["Name"])["Targets"]
    assert target["Input"] == '{"a": 1}'


def test_deployment_and_signing_are_configured(made: tuple[LocalAws, dict[str, str]]) -> None:
    """Group, config, code signing config and profile hang together."""
    aws, _ = made
    codedeploy = aws.client("codedeploy")
    group = codedeploy.get_deployment_group(
        applicationName=physical(aws, "Application"), deploymentGroupName=physical(aws, "Group")
    )["deploymentGroupInfo"]
    assert group["deploymentConfigName"] == physical(aws, "Config")
    assert group["alarmConfiguration"]["alarms"] == [{"name": physical(aws, "Alarm")}]
    config = codedeploy.get_deployment_config(deploymentConfigName=physical(aws, "Config"))
    routing = config["deploymentConfigInfo"]["trafficRoutingConfig"]
    assert routing["timeBasedCanary"] == {"canaryPercentage": 5, "canaryInterval": 10}
    signing = aws.client("lambda").get_code_signing_config(
        CodeSigningConfigArn=physical(aws, "CodeSigningConfig")
    )["CodeSigningConfig"]
    (publisher,) = signing["AllowedPublishers"]["SigningProfileVersionArns"]
    assert publisher.startswith(physical(aws, "Profile") + "/")


def test_storage_is_configured(made: tuple[LocalAws, dict[str, str]]) -> None:
    """Table and bucket have recovery, time to live, versions, lifecycle and encryption."""
    aws, outputs = made
    dynamodb, s3, table = aws.client("dynamodb"), aws.client("s3"), physical(aws, "Table")
    ttl = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.describe_table(TableName=table)["Table"]["SSEDescription"]["Status"]
    bucket = outputs["Bucket"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert (rule["Filter"], rule["Expiration"]) == ({"Prefix": "incoming/"}, {"Days": 30})
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert "SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]


def test_messages_and_keys_are_configured(made: tuple[LocalAws, dict[str, str]]) -> None:
    """Topic, subscription, queue, key and log group are as written; NoValue leaves a default."""
    aws, outputs = made
    topic = aws.client("sns").get_topic_attributes(TopicArn=physical(aws, "Topic"))["Attributes"]
    assert topic["DisplayName"] == "a topic"
    assert topic["KmsMasterKeyId"].endswith(physical(aws, "Key"))
    assert "cloudwatch.amazonaws.com" in topic["Policy"]
    queue = aws.client("sqs").get_queue_attributes(
        QueueUrl=outputs["Queue"], AttributeNames=["All"]
    )["Attributes"]
    assert (queue["MessageRetentionPeriod"], queue["VisibilityTimeout"]) == ("1209600", "30")
    assert "events.amazonaws.com" in queue["Policy"]
    kms, key = aws.client("kms"), physical(aws, "Key")
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    assert kms.describe_key(KeyId="alias/everything")["KeyMetadata"]["KeyId"] == key
    (group,) = aws.client("logs").describe_log_groups(logGroupNamePrefix="/test/")["logGroups"]
    assert group["retentionInDays"] == 30


def test_roles_have_their_policies(made: tuple[LocalAws, dict[str, str]]) -> None:
    """Inline, attached and separate policies are all there; NoValue attaches nothing."""
    aws, outputs = made
    iam, role = aws.client("iam"), outputs["Role"]
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["ReadTable", "run"]
    (attached,) = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached["PolicyArn"] == physical(aws, "Shared")
    policy = iam.get_role_policy(RoleName=role, PolicyName="run")["PolicyDocument"]
    assert policy["Statement"][0]["Resource"] == outputs["Machine"]
