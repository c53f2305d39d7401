"""What keeps state is kept, encrypted and closed; what starts a rollback starts it."""

from typing import Any

from tests.statemachine import machines
from tests.template.source import RESOURCES, of_type, state_machines

STATEFUL = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SQS::Queue")
KEY = {"Fn::GetAtt": ["Key", "Arn"]}


def _only(kind: str) -> dict[str, Any]:
    (properties,) = of_type(kind).values()
    return properties


def test_what_keeps_state_outlives_the_stack() -> None:
    """Neither deleting the stack nor replacing the resource deletes it; nothing else stays."""
    kept = {
        name: (each.get("DeletionPolicy"), each.get("UpdateReplacePolicy"))
        for name, each in RESOURCES.items()
        if each.get("DeletionPolicy") or each.get("UpdateReplacePolicy")
    }
    assert kept == dict.fromkeys(of_type(*STATEFUL), ("Retain", "Retain"))


def test_the_table_can_be_brought_back() -> None:
    """Encrypted, and any second of the last weeks can be restored."""
    table = _only("AWS::DynamoDB::Table")
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"]["Enabled"] is True


def test_the_bucket_keeps_every_version_to_itself() -> None:
    """Versioned, for only a fixed version can be signed; encrypted; never public."""
    bucket = _only("AWS::S3::Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4


def test_the_bucket_is_reached_by_tls_only() -> None:
    """The bucket and its objects refuse everyone and everything that comes in the clear."""
    policy = _only("AWS::S3::BucketPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": "ArtifactBucket"}
    assert statement == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [
            {"Fn::GetAtt": ["ArtifactBucket", "Arn"]},
            {"Fn::Sub": "${ArtifactBucket.Arn}/*"},
        ],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_messages_and_logs_are_encrypted_by_our_key() -> None:
    """One key that rotates, for topic, dead letters and logs; logs do not pile up for ever."""
    assert _only("AWS::KMS::Key")["EnableKeyRotation"] is True
    assert _only("AWS::SNS::Topic")["KmsMasterKeyId"] == KEY
    assert _only("AWS::SQS::Queue")["KmsMasterKeyId"] == KEY
    for name, group in of_type("AWS::Logs::LogGroup").items():
        assert group["KmsKeyId"] == KEY, name
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_only_what_was_signed_is_deployed() -> None:
    """AWS's own platform for Lambda, this stack's profile, and no warning instead of a refusal."""
    config = _only("AWS::Lambda::CodeSigningConfig")
    profile = {"Fn::GetAtt": ["SigningProfile", "ProfileVersionArn"]}
    assert _only("AWS::Signer::SigningProfile")["PlatformId"] == "AWSLambda-SHA384-ECDSA"
    assert config["AllowedPublishers"] == {"SigningProfileVersionArns": [profile]}
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}


def test_both_machines_are_traced_and_logged_without_their_data() -> None:
    """Inputs may hold environment variables: they stay out of the logs."""
    for name, machine in state_machines().items():
        assert machine["Tracing"] == {"Enabled": True}, name
        assert machine["Logging"]["Level"] == "ERROR", name
        assert machine["Logging"]["IncludeExecutionData"] is False, name


def _rules_on_events() -> dict[str, Any]:
    rules = of_type("AWS::Events::Rule")
    return {name: rule for name, rule in rules.items() if "EventPattern" in rule}


def test_reconcile_may_be_invoked_by_its_schedule_only() -> None:
    """Every 15 minutes; a schedule that may not invoke would repair nothing, and say nothing."""
    rule = of_type("AWS::Events::Rule")["ReconcileRule"]
    function = {"Fn::GetAtt": ["ReconcileFunction", "Arn"]}
    assert rule["ScheduleExpression"] == "rate(15 minutes)"
    assert [target["Arn"] for target in rule["Targets"]] == [function]
    permission = _only("AWS::Lambda::Permission")
    assert permission["FunctionName"] == {"Ref": "ReconcileFunction"}
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": ["ReconcileRule", "Arn"]}


def test_a_rule_that_cannot_start_the_rollback_leaves_a_dead_letter() -> None:
    """Tried for an hour, and then somebody can see it."""
    for name, rule in _rules_on_events().items():
        (target,) = rule["Targets"]
        assert target["Arn"] == {"Ref": "RollbackStateMachine"}, name
        assert target["RoleArn"] == {"Fn::GetAtt": ["StartRollbackRole", "Arn"]}, name
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 3600, name


def test_the_rules_may_write_dead_letters() -> None:
    """The queue takes them from every rule of ours, and from nobody else's."""
    (statement,) = _only("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == [
        {"Fn::GetAtt": [name, "Arn"]} for name in _rules_on_events()
    ]


def test_a_release_that_ended_by_itself_is_left_alone() -> None:
    """The rule on dead executions names exactly the Fails after which nothing is left to do."""
    pattern = of_type("AWS::Events::Rule")["DeadReleaseRule"]["EventPattern"]["detail"]
    (except_for,) = [
        each["anything-but"] for each in pattern["error"] if each and "anything-but" in each
    ]
    fails = machines.states(machines.load("release"), "Fail").keys()
    assert set(except_for) == fails - {"RollbackFailed"}
    assert pattern["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
