"""Stacks: what happens when they change, fail, or go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from canary.localaws.stack import StackError, deploy

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


ABSENT = "arn:aws:sns:us-east-1:123456789012:absent"


def written(tmp_path: Path, resources: dict[str, Any], **more: Any) -> Path:
    """A template on disk."""
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Resources": resources, **more}))
    return path


def topic(name: str, **more: Any) -> dict[str, Any]:
    """A topic's definition."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}, **more}


def stack(aws: LocalAws) -> Any:
    """What DescribeStacks says of the one stack."""
    (found,) = aws.client("cloudformation").describe_stacks()["Stacks"]
    return found


def topics(aws: LocalAws) -> list[str]:
    """The display names of all topics."""
    sns = aws.client("sns")
    return [
        sns.get_topic_attributes(TopicArn=found["TopicArn"])["Attributes"]["DisplayName"]
        for found in sns.list_topics()["Topics"]
    ]


def test_an_unknown_type_is_refused_before_anything_is_made(aws: LocalAws, tmp_path: Path) -> None:
    """The error names the type, and there is no stack."""
    resources = {"T": topic("one"), "F": {"Type": "AWS::Logs::MetricFilter", "Properties": {}}}
    with pytest.raises(ClientError, match=r"Unrecognized resource types: .AWS::Logs::MetricFilter"):
        deploy(aws, written(tmp_path, resources), "s", {})
    assert topics(aws) == []
    assert aws.client("cloudformation").describe_stacks()["Stacks"] == []


def test_an_unknown_property_fails_the_stack(aws: LocalAws, tmp_path: Path) -> None:
    """What would be dropped is an error that names it, at the top and further down."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
    with pytest.raises(StackError, match="does not support the property FifoQueue"):
        deploy(aws, written(tmp_path, {"Q": queue}), "top", {})
    application = {
        "Type": "AWS::CodeDeploy::DeploymentConfig",
        "Properties": {"TrafficRoutingConfig": {"Colour": "red"}},
    }
    with pytest.raises(StackError, match="TrafficRoutingConfig: the API knows no Colour"):
        deploy(aws, written(tmp_path, {"A": application}), "deep", {})


def test_a_failed_creation_is_rolled_back(aws: LocalAws, tmp_path: Path) -> None:
    """What was made is deleted but for what is retained; status and events keep the reason."""
    resources = {
        "One": topic("one"),
        "Kept": topic("kept", DeletionPolicy="Retain"),
        "Bad": {
            "Type": "AWS::Lambda::Function",
            "DependsOn": ["One", "Kept"],
            "Properties": {"Code": {"S3Bucket": "nowhere", "S3Key": "k"}, "Role": "no-role"},
        },
    }
    with pytest.raises(StackError, match=r"ROLLBACK_COMPLETE: Bad .AWS::Lambda::Function."):
        deploy(aws, written(tmp_path, resources, Outputs={"O": {"Value": "v"}}), "s", {})
    assert topics(aws) == ["kept"]
    assert stack(aws)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Bad" in stack(aws)["StackStatusReason"]
    assert "Outputs" not in stack(aws)
    events = aws.client("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    told = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events[::-1]]
    assert told == [
        ("s", "CREATE_IN_PROGRESS"),
        ("One", "CREATE_COMPLETE"),
        ("Kept", "CREATE_COMPLETE"),
        ("Bad", "CREATE_FAILED"),
        ("s", "ROLLBACK_IN_PROGRESS"),
        ("Kept", "DELETE_SKIPPED"),
        ("One", "DELETE_COMPLETE"),
        ("s", "ROLLBACK_COMPLETE"),
    ]


def test_an_update_changes_what_differs_only(aws: LocalAws, tmp_path: Path) -> None:
    """Same resources are kept, others changed, added or deleted; the same twice is nothing."""
    before = {"Same": topic("same"), "Other": topic("before"), "Gone": topic("gone")}
    outputs = {"Other": {"Value": {"Ref": "Other"}}}
    first = deploy(aws, written(tmp_path, before, Outputs=outputs), "s", {})
    after = {"Same": topic("same"), "Other": topic("after"), "New": topic("new")}
    second = deploy(aws, written(tmp_path, after, Outputs=outputs), "s", {})
    assert first == second
    assert topics(aws) == ["same", "after", "new"]
    assert stack(aws)["StackStatus"] == "UPDATE_COMPLETE"
    events = aws.client("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    assert ("Other", "UPDATE_COMPLETE", first["Other"]) in [
        (event["LogicalResourceId"], event["ResourceStatus"], event["PhysicalResourceId"])
        for event in events
    ]
    assert deploy(aws, written(tmp_path, after, Outputs=outputs), "s", {}) == second


def test_a_parameter_alone_can_change_a_resource(aws: LocalAws, tmp_path: Path) -> None:
    """Resources are compared after their references are resolved."""
    resources = {"T": topic("x")}
    resources["T"]["Properties"]["DisplayName"] = {"Fn::Sub": "topic ${Name}"}
    template = written(tmp_path, resources, Parameters={"Name": {"Type": "String"}})
    deploy(aws, template, "s", {"Name": "one"})
    deploy(aws, template, "s", {"Name": "two"})
    assert topics(aws) == ["topic two"]


def test_a_failed_update_goes_back(aws: LocalAws, tmp_path: Path) -> None:
    """Nothing of it stays, and the stack can be updated again."""
    deploy(aws, written(tmp_path, {"T": topic("before"), "Gone": topic("gone")}), "s", {})
    bad = {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": [ABSENT], "PolicyDocument": {}},
    }
    resources = {"T": topic("after"), "New": topic("new"), "Bad": bad}
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE: Bad"):
        deploy(aws, written(tmp_path, resources), "s", {})
    assert topics(aws) == ["before", "gone"]
    deploy(aws, written(tmp_path, {"T": topic("after")}), "s", {})
    assert topics(aws) == ["after"]


def test_a_function_is_updated_in_place(aws: LocalAws, tmp_path: Path) -> None:
    """New code and configuration reach it; what is no longer said is the default again."""

    def resources(**properties: Any) -> dict[str, Any]:
        function = {"Runtime": "python3.13", "Handler": "index.handler", **properties}
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
        function["Role"] = {"Fn::GetAtt": ["Role", "Arn"]}
        return {"Role": role, "F": {"Type": "AWS::Lambda::Function", "Properties": function}}

    name = {"Name": {"Value": {"Ref": "F"}}}
    one = resources(Code={"ZipFile": "def handler(e, c): return 1"}, MemorySize=512)
    two = resources(Code={"ZipFile": "def handler(e, c): return 2"}, Timeout=9)
    deploy(aws, written(tmp_path, one, Outputs=name), "s", {})
    function = deploy(aws, written(tmp_path, two, Outputs=name), "s", {})["Name"]
    client = aws.client("lambda")
    found = client.get_function_configuration(FunctionName=function)
    assert (found["MemorySize"], found["Timeout"]) == (128, 9)
    assert client.invoke(FunctionName=function)["Payload"].read() == b"2"


def test_a_deleted_stack_leaves_what_is_retained(aws: LocalAws, tmp_path: Path) -> None:
    """All else is gone, in the reverse order of making."""
    resources = {"T": topic("gone"), "K": topic("kept", DeletionPolicy="Retain")}
    deploy(aws, written(tmp_path, resources), "s", {})
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName="s")
    assert topics(aws) == ["kept"]
    (summary,) = cloudformation.list_stacks()["StackSummaries"]
    assert summary["StackStatus"] == "DELETE_COMPLETE"


def test_a_deletion_that_fails_leaves_the_stack(aws: LocalAws, tmp_path: Path) -> None:
    """A bucket that holds something cannot be deleted, and the stack says so."""
    outputs = {"Bucket": {"Value": {"Ref": "B"}}}
    template = written(tmp_path, {"B": {"Type": "AWS::S3::Bucket"}}, Outputs=outputs)
    bucket = deploy(aws, template, "s", {})["Bucket"]
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    aws.client("cloudformation").delete_stack(StackName="s")
    assert stack(aws)["StackStatus"] == "DELETE_FAILED"
    assert "BucketNotEmpty" in stack(aws)["StackStatusReason"]


def test_a_change_set_takes_the_same_path(aws: LocalAws) -> None:
    """A SAM template over the API, as `sam deploy` sends it, makes and updates a stack."""
    cloudformation, s3 = aws.client("cloudformation"), aws.client("s3")
    s3.create_bucket(Bucket="templates")
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {
            "T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}}
        },
        "Outputs": {"Topic": {"Value": {"Ref": "T"}}},
    }
    s3.put_object(Bucket="templates", Key="t", Body=json.dumps(template))
    for kind, name in (("CREATE", "one"), ("UPDATE", "two")):
        cloudformation.create_change_set(
            StackName="s",
            ChangeSetName=f"set-{name}",
            ChangeSetType=kind,
            TemplateURL="https://s3.amazonaws.com/templates/t",
            Parameters=[{"ParameterKey": "Name", "ParameterValue": name}],
        )
        cloudformation.execute_change_set(StackName="s", ChangeSetName=f"set-{name}")
        assert stack(aws)["StackStatus"] == f"{kind}_COMPLETE"
        assert stack(aws)["Outputs"][0]["OutputKey"] == "Topic"
        assert topics(aws) == [name]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "must have values"),
        ({"Number": "1", "More": "x"}, "do not exist in the template"),
        ({"Number": "9"}, "must be a number between 1 and 5"),
        ({"Number": "many"}, "must be a number"),
        ({"Number": "1", "Choice": "c"}, "must be one of AllowedValues"),
        ({"Number": "1", "Text": "UPPER"}, "must match pattern"),
        ({"Number": "1", "Text": ""}, "does not have an allowed length"),
    ],
)
def test_wrong_parameters_are_refused(
    aws: LocalAws, tmp_path: Path, parameters: dict[str, str], message: str
) -> None:
    """A value outside of what the template allows makes no stack."""
    declared = {
        "Number": {"Type": "Number", "MinValue": 1, "MaxValue": 5},
        "Choice": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b"]},
        "Text": {"Type": "String", "Default": "x", "AllowedPattern": "[a-z]*", "MinLength": 1},
    }
    with pytest.raises(ClientError, match=message):
        deploy(aws, written(tmp_path, {"T": topic("t")}, Parameters=declared), "s", parameters)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Ref": "Nobody"}, "Unresolved resource dependencies .Nobody"),
        ({"Fn::GetAtt": ["U", "Colour"]}, "does not support attribute type Colour"),
        ({"Fn::Length": [1]}, "does not know the function Fn::Length"),
        ({"Ref": "T"}, "Circular dependency"),
    ],
)
def test_a_wrong_reference_fails_the_stack(
    aws: LocalAws, tmp_path: Path, value: Any, message: str
) -> None:
    """What cannot be resolved is an error, never an empty value."""
    resources = {"U": topic("u"), "T": topic("t")}
    resources["T"]["Properties"]["DisplayName"] = value
    with pytest.raises(StackError, match=message):
        deploy(aws, written(tmp_path, resources), "s", {})
    assert topics(aws) == []


@pytest.mark.parametrize(
    ("operation", "more", "named"),
    [
        ("create_stack", {"DisableRollback": True}, "DisableRollback"),
        ("create_stack", {"OnFailure": "DELETE"}, "OnFailure"),
        ("update_stack", {"StackPolicyBody": "{}"}, "StackPolicyBody"),
        ("execute_change_set", {"ChangeSetName": "c", "DisableRollback": True}, "DisableRollback"),
        ("delete_stack", {"RetainResources": ["T"]}, "RetainResources"),
    ],
)
def test_what_would_be_left_out_is_refused(
    aws: LocalAws, operation: str, more: dict[str, Any], named: str
) -> None:
    """A request that asks for something else than is done changes nothing."""
    with pytest.raises(ClientError, match=f"ValidationError.*does not handle {named}"):
        getattr(aws.client("cloudformation"), operation)(StackName="s", **more)
