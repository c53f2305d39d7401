"""bootstrap.yaml: whom AWS believes, and what CI may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from canary.localaws import LocalAws
from canary.localaws.account import ACCOUNT
from canary.localaws.iam.policy import Caller, Request, evaluate, parse
from canary.localaws.stack import deploy
from tests.workflows.files import ROOT

CLASSIC = "repo:acme/shop:environment:staging"
IMMUTABLE = "repo:acme@12/shop@34:environment:staging"
PRODUCTION = "repo:acme/shop:environment:production"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
PARAMETERS = {
    "StagingSubjects": f"{CLASSIC},{IMMUTABLE}",
    "ProductionSubjects": PRODUCTION,
    "ReleaseStateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:Release",
    "RollbackStateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:Rollback",
    "ArtifactBucket": "bucket",
    "TableName": "table",
}


@pytest.fixture(scope="module")
def roles() -> Iterator[dict[str, Any]]:
    """The roles that it makes, by environment."""
    with LocalAws() as aws:
        deploy(aws, ROOT / "bootstrap.yaml", "lambda-canary-ci", PARAMETERS)
        iam = aws.client("iam")
        yield {
            name: iam.get_role(RoleName=f"lambda-canary-ci-{name}")["Role"]
            for name in ("staging", "production")
        }


def _is_believed(role: dict[str, Any], subject: str, audience: str = "sts.amazonaws.com") -> bool:
    """Whether the role's trust policy lets in who brings GitHub's token with these claims."""
    claims = {
        "token.actions.githubusercontent.com:aud": (audience,),
        "token.actions.githubusercontent.com:sub": (subject,),
    }
    who = Caller("token", frozenset({PROVIDER}))
    asked = Request(who, "sts:AssumeRoleWithWebIdentity", role["Arn"], claims.get)
    policy = parse(role["RoleName"], json.dumps(role["AssumeRolePolicyDocument"]))
    return evaluate(asked, (), resource=policy, resource_must_agree=True).is_allowed


@pytest.mark.parametrize("subject", [CLASSIC, IMMUTABLE])
def test_a_job_of_the_environment_is_believed(roles: dict[str, Any], subject: str) -> None:
    """By the classic form of the subject and by the one with numbers."""
    assert _is_believed(roles["staging"], subject)


@pytest.mark.parametrize(
    ("subject", "audience"),
    [
        (PRODUCTION, "sts.amazonaws.com"),
        ("repo:acme/shop:ref:refs/heads/main", "sts.amazonaws.com"),
        ("repo:acme/shop:pull_request", "sts.amazonaws.com"),
        ("repo:evil/shop:environment:staging", "sts.amazonaws.com"),
        (CLASSIC, "https://github.com/acme"),
    ],
)
def test_nobody_else_is(roles: dict[str, Any], subject: str, audience: str) -> None:
    """Another environment, branch, repository or audience."""
    assert not _is_believed(roles["staging"], subject, audience)


def test_each_role_stays_within_the_boundary(roles: dict[str, Any]) -> None:
    """Whatever may be attached to it later."""
    for role in roles.values():
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].startswith("arn:aws:iam::")


def test_cfn_lint_finds_nothing() -> None:
    """Of it either."""
    found = lint((ROOT / "bootstrap.yaml").read_text(), config=ManualArgs(regions=["us-east-1"]))
    assert [f"{each.rule.id} {each.message}" for each in found] == []
