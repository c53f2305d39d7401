"""Each role may do only what it needs, and everything that it is granted can be granted."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data
from policy_sentry.querying.all import get_all_actions

from tests.statemachine import machines
from tests.template.source import RESOURCES, TEXT, listed, of_type, permissions, state_machines

# What !GetAtt ….Arn, or !Ref where that is the ARN, gives for a resource of each type.
_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-west-1:123456789012:table/name",
    "AWS::KMS::Key": "arn:aws:kms:eu-west-1:123456789012:key/id",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-west-1:123456789012:log-group:name:*",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::SNS::Topic": "arn:aws:sns:eu-west-1:123456789012:name",
    "AWS::Serverless::Function": "arn:aws:lambda:eu-west-1:123456789012:function:name",
    "AWS::Serverless::StateMachine": "arn:aws:states:eu-west-1:123456789012:stateMachine:name",
}
_HERE = {"Partition": "aws", "Region": "eu-west-1", "Account": "123456789012"}


def _grants() -> Iterator[tuple[str, str, Any]]:
    """Every (logical id, action, resource) that a role gets."""
    for name, statement in permissions():
        for action in listed(statement["Action"]):
            yield from ((name, action, resource) for resource in listed(statement["Resource"]))


def _actions_of(role: str) -> set[str]:
    return {action for name, action, _ in _grants() if name == role}


def _arn(resource: Any) -> str:
    """A resource of a statement as text, its functions filled."""
    if isinstance(resource, str):
        return resource
    ((function, value),) = resource.items()
    if function == "Fn::Sub":
        return re.sub(r"\$\{([^}]+)\}", lambda match: _filled(match[1]), value)
    return _filled(".".join(listed(value)))


def _filled(name: str) -> str:
    if name.startswith("AWS::"):
        return _HERE[name.removeprefix("AWS::").removesuffix("Id")]
    logical_id, _, attribute = name.partition(".")
    return _ARNS[RESOURCES[logical_id]["Type"]] if attribute in ("", "Arn") else "name"


def _can_meet(action: str, resource: str) -> bool:
    """Whether a resource, stars and all, can be of a kind that AWS lists for the action."""
    service, name = action.split(":")
    data: dict[str, Any] = get_action_data(service, name) or {}
    formats = {entry["resource_arn_format"] for entry in data[service]} - {"*"}
    return any(_overlap(each, resource) for each in formats)


def _overlap(arn_format: str, resource: str) -> bool:
    """Either can be the wider one: a star in the resource, a name in AWS's format."""
    wide = re.sub(
        r"\\\$\\{(\w+)\\}",
        lambda match: "[^/]+" if match[1] == "BucketName" else ".+",
        re.escape(arn_format),
    )
    narrow = re.sub(r"\$\{(\w+)\}", lambda match: _HERE.get(match[1], "name"), arn_format)
    return bool(re.fullmatch(wide, resource)) or fnmatchcase(narrow, resource)


def test_every_action_exists() -> None:
    """A slip in an action's name would be found only when AWS refuses the call."""
    known = {action.lower() for action in get_all_actions()}
    assert {action for _, action, _ in _grants() if action.lower() not in known} == set()


def test_every_action_is_granted_on_something_it_can_act_on() -> None:
    """A grant on another kind of resource grants nothing, and only AWS would say so."""
    useless = [
        (name, action, _arn(resource))
        for name, action, resource in _grants()
        if resource != "*" and not _can_meet(action, _arn(resource))
    ]
    assert useless == []


def test_no_role_gets_all_actions() -> None:
    """No wildcard in an action, and no statement by exclusion."""
    for name, statement in permissions():
        assert statement["Effect"] == "Allow", name
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}, name
        assert "*" not in str(statement["Action"]), name


def test_a_resource_policy_has_wildcards_only_where_it_must() -> None:
    """`s3:*` is denied without TLS; `kms:*` keeps the key in the hands of its account."""
    statements = [
        statement
        for properties in of_type(
            "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::KMS::Key"
        ).values()
        for statement in (properties.get("PolicyDocument") or properties["KeyPolicy"])["Statement"]
    ]
    wild = [
        (statement["Effect"], statement["Action"])
        for statement in statements
        if "*" in str(statement["Action"])
    ]
    assert wild == [("Deny", "s3:*"), ("Allow", "kms:*")]


def test_every_star_says_why() -> None:
    """`Resource: "*"` stands on a line of its own, with the reason behind it."""
    stars = [statement for _, statement in permissions() if "*" in listed(statement["Resource"])]
    keys = [each["KeyPolicy"]["Statement"] for each in of_type("AWS::KMS::Key").values()]
    explained = re.findall(r'^ +Resource: "\*" # \w.+', TEXT, re.MULTILINE)
    assert len(explained) == len(stars) + sum(map(len, keys))


def test_a_machine_may_invoke_its_tasks_and_nothing_else() -> None:
    """A Task that may not be invoked fails each release; a function too many is a hole."""
    for name in machines.NAMES:
        role = f"{name.title()}StateMachineRole"
        assert state_machines()[f"{name.title()}StateMachine"]["Role"] == {
            "Fn::GetAtt": [role, "Arn"]
        }
        granted = [(action, resource) for each, action, resource in _grants() if each == role]
        assert granted == [
            ("lambda:InvokeFunction", {"Fn::GetAtt": [f"{task}Function", "Arn"]})
            for task in machines.states(machines.load(name), "Task")
        ]


@pytest.mark.parametrize(
    "role", ["RollBackRole", "FinishReleaseRole", "EvaluateCanaryRole", "ReconcileRole"]
)
def test_who_acts_without_being_asked_can_only_go_back(role: str) -> None:
    """What an alarm starts cannot publish, sign, change code or start a deployment."""
    forward = {
        "codedeploy:CreateDeployment",
        "lambda:PublishVersion",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "signer:StartSigningJob",
    }
    assert _actions_of(role) & forward == set()


def test_who_writes_aliases() -> None:
    """Forward, traffic is moved by CodeDeploy, and by PromoteVersion alone."""
    writers = {name for name, action, _ in _grants() if action == "lambda:UpdateAlias"}
    assert writers == {"RollBackRole", "PromoteVersionRole", "CodeDeployRole"}


def test_every_role_is_used() -> None:
    """A role that nobody assumes is only a danger."""
    for name in of_type("AWS::IAM::Role"):
        assert re.search(rf"!GetAtt {name}\.Arn", TEXT), name


def test_a_role_trusts_one_service() -> None:
    """Nobody but the service that runs it can assume a role."""
    trusted = {
        name: [
            (statement["Effect"], statement["Action"], *statement["Principal"].values())
            for statement in role["AssumeRolePolicyDocument"]["Statement"]
        ]
        for name, role in of_type("AWS::IAM::Role").items()
    }
    own = {
        "CodeDeployRole": "codedeploy",
        "ReleaseStateMachineRole": "states",
        "RollbackStateMachineRole": "states",
        "StartRollbackRole": "events",
    }
    assert trusted == {
        name: [("Allow", "sts:AssumeRole", f"{own.get(name, 'lambda')}.amazonaws.com")]
        for name in trusted
    }
