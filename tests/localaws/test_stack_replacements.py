"""Stacks: resources that cannot become what the template says, and are made anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.stack import StackError, deploy
from tests.localaws.test_stack_changes import ABSENT, TRUST, stack, topic, written

OUTPUTS = {"Table": {"Value": {"Ref": "T"}}}
BAD = {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [ABSENT], "PolicyDocument": {}}}


def table(key: str, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A table with this key."""
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    named = {"TableName": name} if name else {}
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties | named, **more}


def resources(key: str, **more: Any) -> dict[str, Any]:
    """A table, and a topic that says which one."""
    dependent = topic("x")
    dependent["Properties"]["DisplayName"] = {"Ref": "T"}
    return {"T": table(key, **more), "Dependent": dependent}


def key_of(aws: LocalAws, name: str) -> str:
    """The attribute that a table's items are found by."""
    described = aws.client("dynamodb").describe_table(TableName=name)["Table"]
    return str(described["KeySchema"][0]["AttributeName"])


def tables(aws: LocalAws) -> list[str]:
    """The names of all tables."""
    names: list[str] = aws.client("dynamodb").list_tables()["TableNames"]
    return names


def displayed(aws: LocalAws) -> str:
    """The display name of the one topic."""
    sns = aws.client("sns")
    (found,) = sns.list_topics()["Topics"]
    attributes = sns.get_topic_attributes(TopicArn=found["TopicArn"])["Attributes"]
    return str(attributes["DisplayName"])


def told(aws: LocalAws) -> list[tuple[str, str]]:
    """What the stack's events say, oldest first."""
    events = aws.client("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events[::-1]]


def test_a_replacement_takes_the_place_of_the_old_one(aws: LocalAws, tmp_path: Path) -> None:
    """Another table, to which what refers to it moves before the first one is deleted."""
    before = deploy(aws, written(tmp_path, resources("pk"), Outputs=OUTPUTS), "s", {})["Table"]
    after = deploy(aws, written(tmp_path, resources("id"), Outputs=OUTPUTS), "s", {})["Table"]
    assert before != after
    assert tables(aws) == [after]
    assert key_of(aws, after) == "id"
    assert displayed(aws) == after
    assert told(aws)[-4:] == [
        ("T", "UPDATE_COMPLETE"),
        ("Dependent", "UPDATE_COMPLETE"),
        ("T", "DELETE_COMPLETE"),
        ("s", "UPDATE_COMPLETE"),
    ]
    again = deploy(aws, written(tmp_path, resources("sk"), Outputs=OUTPUTS), "s", {})["Table"]
    assert tables(aws) == [again]


def test_what_is_replaced_can_be_retained(aws: LocalAws, tmp_path: Path) -> None:
    """With UpdateReplacePolicy Retain the old table stays, outside of the stack."""
    before = deploy(aws, written(tmp_path, resources("pk"), Outputs=OUTPUTS), "s", {})["Table"]
    kept = resources("id", UpdateReplacePolicy="Retain")
    after = deploy(aws, written(tmp_path, kept, Outputs=OUTPUTS), "s", {})["Table"]
    assert sorted(tables(aws)) == sorted([before, after])
    aws.client("cloudformation").delete_stack(StackName="s")
    assert tables(aws) == [before]


def test_a_failed_update_goes_back_to_what_it_replaced(aws: LocalAws, tmp_path: Path) -> None:
    """The first table is in its place again with what it held, and the second one is gone."""
    before = deploy(aws, written(tmp_path, resources("pk"), Outputs=OUTPUTS), "s", {})["Table"]
    aws.client("dynamodb").put_item(TableName=before, Item={"pk": {"S": "kept"}})
    bad = {**resources("id"), "Bad": BAD}
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE: Bad"):
        deploy(aws, written(tmp_path, bad, Outputs=OUTPUTS), "s", {})
    assert tables(aws) == [before]
    assert aws.client("dynamodb").scan(TableName=before)["Count"] == 1
    assert displayed(aws) == before
    assert stack(aws)["Outputs"][0]["OutputValue"] == before
    after = deploy(aws, written(tmp_path, resources("id"), Outputs=OUTPUTS), "s", {})["Table"]
    assert tables(aws) == [after]


def test_what_the_template_names_is_not_replaced(aws: LocalAws, tmp_path: Path) -> None:
    """Two of one name cannot be at once: the update fails in AWS's words, and the table stays."""
    deploy(aws, written(tmp_path, {"T": table("pk", "t")}), "s", {})
    with pytest.raises(StackError, match="custom-named resource requires replacing"):
        deploy(aws, written(tmp_path, {"T": table("id", "t")}), "s", {})
    assert key_of(aws, "t") == "pk"
    deploy(aws, written(tmp_path, {"T": table("id", "u")}), "s", {})
    assert tables(aws) == ["u"]


def test_a_change_that_aws_makes_in_place_and_we_cannot_is_refused(
    aws: LocalAws, tmp_path: Path
) -> None:
    """It is not made into a replacement, which would lose what the table holds."""
    deploy(aws, written(tmp_path, {"T": table("pk")}), "s", {})
    changed = table("pk")
    changed["Properties"]["TableClass"] = "STANDARD_INFREQUENT_ACCESS"
    with pytest.raises(StackError, match="cannot change TableClass of what exists"):
        deploy(aws, written(tmp_path, {"T": changed}), "s", {})


def test_what_leaves_the_template_can_be_retained(aws: LocalAws, tmp_path: Path) -> None:
    """The DeletionPolicy counts in updates, too."""
    both = {"T": table("pk", "t", DeletionPolicy="Retain"), "U": table("pk", "u")}
    deploy(aws, written(tmp_path, {**both, "One": topic("one")}), "s", {})
    deploy(aws, written(tmp_path, {"One": topic("one")}), "s", {})
    assert tables(aws) == ["t"]
    assert ("T", "DELETE_SKIPPED") in told(aws)


def test_an_update_is_complete_even_if_the_old_cannot_go(aws: LocalAws, tmp_path: Path) -> None:
    """A bucket that holds something stays; an event says why."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}
    deploy(aws, written(tmp_path, {"One": topic("one"), "B": bucket}), "s", {})
    aws.client("s3").put_object(Bucket="full", Key="k", Body=b"x")
    deploy(aws, written(tmp_path, {"One": topic("one")}), "s", {})
    assert stack(aws)["StackStatus"] == "UPDATE_COMPLETE"
    assert ("B", "DELETE_FAILED") in told(aws)
    aws.client("s3").head_bucket(Bucket="full")


@pytest.mark.parametrize(
    "attribute",
    [
        {"DeletionPolicy": "RetainExceptOnCreate"},
        {"UpdateReplacePolicy": "Snapshot"},
        {"UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {}}},
        {"CreationPolicy": {}},
    ],
)
def test_an_attribute_that_nobody_handles_is_refused(
    aws: LocalAws, tmp_path: Path, attribute: dict[str, Any]
) -> None:
    """It would change how the resource is made, changed or deleted."""
    with pytest.raises(ClientError, match=f"T has {next(iter(attribute))}"):
        deploy(aws, written(tmp_path, {"T": topic("one", **attribute)}), "s", {})


def test_a_role_is_changed_in_place(aws: LocalAws, tmp_path: Path) -> None:
    """It keeps its id, what others attached, and has the policies that are written now."""

    def role(*actions: str, **more: Any) -> dict[str, Any]:
        policies = [
            {
                "PolicyName": action.replace(":", "-"),
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}],
                },
            }
            for action in actions
        ]
        properties = {"AssumeRolePolicyDocument": TRUST, "Policies": policies, **more}
        return {"R": {"Type": "AWS::IAM::Role", "Properties": properties}}

    outputs = {"Role": {"Value": {"Ref": "R"}}}
    tags = [{"Key": "stage", "Value": "test"}, {"Key": "team", "Value": "a"}]
    one = role("s3:GetObject", "s3:PutObject", Description="one", Tags=tags)
    name = deploy(aws, written(tmp_path, one, Outputs=outputs), "s", {})["Role"]
    iam = aws.client("iam")
    before = iam.get_role(RoleName=name)["Role"]
    assert before["CreateDate"].year == 2026
    document = json.dumps(one["R"]["Properties"]["Policies"][0]["PolicyDocument"])
    iam.put_role_policy(RoleName=name, PolicyName="theirs", PolicyDocument=document)
    tags = [{"Key": "team", "Value": "b"}]
    two = role("s3:PutObject", "sqs:SendMessage", MaxSessionDuration=7200, Tags=tags)
    assert deploy(aws, written(tmp_path, two, Outputs=outputs), "s", {})["Role"] == name
    after = iam.get_role(RoleName=name)["Role"]
    assert after["RoleId"] == before["RoleId"]
    assert (after["Description"], after["MaxSessionDuration"]) == ("", 7200)
    assert after["Tags"] == tags
    assert sorted(iam.list_role_policies(RoleName=name)["PolicyNames"]) == [
        "s3-PutObject",
        "sqs-SendMessage",
        "theirs",
    ]


def test_a_function_is_put_under_a_config_in_place(aws: LocalAws, tmp_path: Path) -> None:
    """Code signing config, architecture and key of a function change without another function."""
    profile = {"PlatformId": "AWSLambda-SHA384-ECDSA"}
    allowed = {"SigningProfileVersionArns": [{"Fn::GetAtt": ["P", "ProfileVersionArn"]}]}
    common = {
        "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "P": {"Type": "AWS::Signer::SigningProfile", "Properties": profile},
        "C": {
            "Type": "AWS::Lambda::CodeSigningConfig",
            "Properties": {"AllowedPublishers": allowed},
        },
    }

    def updated(**more: Any) -> Any:
        function = {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["R", "Arn"]},
            "Code": {"ZipFile": "def handler(e, c): return 1"},
            **more,
        }
        made = {**common, "F": {"Type": "AWS::Lambda::Function", "Properties": function}}
        outputs = {"F": {"Value": {"Ref": "F"}}}
        name = deploy(aws, written(tmp_path, made, Outputs=outputs), "s", {})["F"]
        client = aws.client("lambda")
        config = client.get_function_code_signing_config(FunctionName=name)
        found = client.get_function_configuration(FunctionName=name)
        architectures = ",".join(found["Architectures"])
        return name, "CodeSigningConfigArn" in config, architectures, found.get("KMSKeyArn", "")

    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    name, *before = updated()
    assert before == [False, "x86_64", ""]
    config = {"Fn::GetAtt": ["C", "CodeSigningConfigArn"]}
    after = updated(CodeSigningConfigArn=config, Architectures=["arm64"], KmsKeyArn=key)
    assert after == (name, True, "arm64", key)
    assert updated() == (name, *before)


def test_a_change_set_tells_what_it_will_do(aws: LocalAws, tmp_path: Path) -> None:
    """Resources to add, modify and remove; one without changes fails; one is executed once."""
    deploy(aws, written(tmp_path, {"Same": topic("s"), "Old": topic("old")}), "s", {})
    cloudformation = aws.client("cloudformation")
    body = written(tmp_path, {"Same": topic("t"), "New": topic("new")}).read_text()

    def described(name: str) -> Any:
        cloudformation.create_change_set(
            StackName="s", ChangeSetName=name, ChangeSetType="UPDATE", TemplateBody=body
        )
        return cloudformation.describe_change_set(StackName="s", ChangeSetName=name)

    first = described("first")
    assert (first["Status"], first["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    changes = [change["ResourceChange"] for change in first["Changes"]]
    assert {change["LogicalResourceId"]: change["Action"] for change in changes} == {
        "New": "Add",
        "Same": "Modify",
        "Old": "Remove",
    }
    cloudformation.execute_change_set(StackName="s", ChangeSetName="first")
    assert stack(aws)["StackStatus"] == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="cannot be executed"):
        cloudformation.execute_change_set(StackName="s", ChangeSetName="first")
    second = described("second")
    assert (second["Status"], second["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in second["StatusReason"]


def test_the_template_and_the_resources_can_be_read(aws: LocalAws, tmp_path: Path) -> None:
    """GetTemplate gives what was deployed; DescribeStackResources where it is."""
    outputs = {"Table": {"Value": {"Ref": "T"}}}
    name = deploy(aws, written(tmp_path, resources("pk"), Outputs=outputs), "s", {})["Table"]
    cloudformation = aws.client("cloudformation")
    template = cloudformation.get_template(StackName="s")["TemplateBody"]
    assert template["Resources"] == resources("pk")
    described = cloudformation.describe_stack_resources(StackName="s")["StackResources"]
    found = {resource["LogicalResourceId"]: resource for resource in described}
    assert found["T"]["PhysicalResourceId"] == name
    assert {resource["ResourceStatus"] for resource in described} == {"CREATE_COMPLETE"}
