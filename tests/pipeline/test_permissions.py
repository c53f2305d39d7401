"""Releases without one of the rights that the template grants: each fails where it needs it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.pipeline.story import Story


def without(story: Story, role: str, action: str) -> None:
    """Take the action away from a role of the stack."""
    client = story.aws.client("iam")
    roles = [each["RoleName"] for each in client.list_roles()["Roles"]]
    (name,) = [each for each in roles if each.startswith(f"lambda-canary-{role}-")]
    (policy,) = client.list_role_policies(RoleName=name)["PolicyNames"]
    document: dict[str, Any] = client.get_role_policy(RoleName=name, PolicyName=policy)[
        "PolicyDocument"
    ]
    kept = [each for each in document["Statement"] if action not in str(each["Action"])]
    assert len(kept) == len(document["Statement"]) - 1
    client.put_role_policy(
        RoleName=name,
        PolicyName=policy,
        PolicyDocument=json.dumps(document | {"Statement": kept}),
    )


@pytest.mark.parametrize(
    ("role", "action", "last", "words"),
    [
        ("ValidateReleaseRole", "signer:GetSigningProfile", "ValidateRelease", "GetSigningProfile"),
        ("SignPackageRole", "s3:GetObjectVersion", "SignPackage", "s3:GetObjectVersion"),
        ("StartDeploymentRole", "codedeploy:GetDeploymentConfig", "StartDeployment",
         "codedeploy:GetDeploymentConfig"),
    ],
)  # fmt: skip
def test_a_release_fails_where_a_right_is_missing(
    story: Story, role: str, action: str, last: str, words: str
) -> None:
    """The state whose handler needs it is the last one, and says who may not do what."""
    story.given_traffic()
    without(story, role, action)
    story.when_released().when_over()
    assert last in story.states()
    found = story.sandbox.describe(story.execution)
    assert found["status"] == "FAILED"
    story.then_alias_is({"1": 1})
    told = found["cause"] + json.dumps(story.item())
    assert words in told
    assert "because no identity-based policy allows" in told
    assert f"-{role}-" in told


def test_codedeploy_without_its_right_fails_the_release(story: Story) -> None:
    """The deployment ends with IAM_ROLE_PERMISSIONS, and the release goes back."""
    story.given_traffic()
    without(story, "CodeDeployRole", "lambda:UpdateAlias")
    story.when_released().when_over().then_alias_is({"1": 1})
    story.then_cause_says("IAM_ROLE_PERMISSIONS")
