"""The scripts of the GitHub pipeline, run by bash as a runner does, with the rights of its role."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from canary.localaws.sandbox import ROOT
from tests.clients.remote import Team
from tests.clients.server import BIN, Shell, eventually, serving
from tests.workflows.files import block

SUBJECT = "repo:acme/shop:environment:staging"
NEEDED = ("ReleaseStateMachineArn", "RollbackStateMachineArn", "ArtifactBucket", "TableName")


@dataclass(frozen=True)
class Runner:
    """A runner's working directory, and its environment."""

    directory: Path
    environment: dict[str, str]

    def run(self, job: str, step: str, code: int = 0, **more: str) -> str:
        """Run one step's script with GitHub's own command line; what it wrote on its page."""
        page = self.directory / "page.md"
        page.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", block(job, step)],
            cwd=self.directory,
            env={**self.environment, "GITHUB_STEP_SUMMARY": str(page), **more},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return page.read_text()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """An account with the stack, the example function, and bootstrap.yaml."""
    with serving(tmp_path_factory.mktemp("served"), "--speed", "60", "--example") as shell:
        yield shell


@pytest.fixture(scope="module")
def team(shell: Shell) -> Iterator[Team]:
    """Its stack, over boto3."""
    team = Team(shell)
    yield team
    team.close()


@pytest.fixture(scope="module")
def role(shell: Shell, team: Team) -> str:
    """
    The role of the environment staging, its ARN. GitHub's token is not to be had here: the trust
    policy, which tests/workflows/test_bootstrap.py reads, is replaced by one for the account.
    """
    overrides = [f"{name}={team.outputs[name]}" for name in NEEDED]
    shell.run(
        *("aws", "cloudformation", "deploy", "--stack-name", "lambda-canary-ci"),
        *("--template-file", str(ROOT / "bootstrap.yaml")),
        *("--capabilities", "CAPABILITY_NAMED_IAM"),
        *("--parameter-overrides", f"StagingSubjects={SUBJECT}", *overrides),
    )
    role = "lambda-canary-ci-staging"
    account = shell.aws("sts", "get-caller-identity")["Account"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    shell.aws(
        *("iam", "update-assume-role-policy", "--role-name", role),
        *("--policy-document", document),
    )
    return f"arn:aws:iam::{account}:role/{role}"


@pytest.fixture
def credentials(shell: Shell, role: str) -> dict[str, str]:
    """Of a session, two hours long as the role allows: two minutes here."""
    got = shell.aws(
        *("sts", "assume-role", "--role-session-name", "GitHubActions", "--role-arn", role),
        *("--duration-seconds", "7200"),
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": got["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": got["SecretAccessKey"],
        "AWS_SESSION_TOKEN": got["SessionToken"],
    }


@pytest.fixture
def runner(tmp_path: Path, shell: Shell, credentials: dict[str, str]) -> Runner:
    """Without a profile, and with `gh` replaced by what notes how it was called."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text('#!/bin/bash\nprintf "%s\\n" "$@" >>gh.txt\n')
    (tools / "gh").chmod(0o755)
    environment = {
        "PATH": f"{tools}:{BIN}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": shell.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "GITHUB_SHA": "3f2c1ab",
        "GITHUB_REPOSITORY": "acme/shop",
        "FUNCTION": "checkout",
        "DIRECTORY": "source",
        "RUNTIME": "python3.13",
        **credentials,
    }
    return Runner(tmp_path, environment)


def _checked_out(runner: Runner, code: str, **request: Any) -> None:
    """The repository with one of the examples' versions, and the request beside it."""
    source = runner.directory / "source"
    shutil.copytree(ROOT / "examples" / "checkout" / code, source)
    (source / "release.json").write_text(json.dumps({"schema": 1, **request}))
    runner.run("build-and-package", "Build and package")


def test_a_push_is_planned_released_and_taken_back(runner: Runner, team: Team) -> None:
    """
    The very scripts, under the very policy of CI's role: a plan in the pull request, a release
    followed to its bake, a rollback.
    """
    before = team.alias("checkout")
    _checked_out(runner, "good", policy={"bakeMinutes": 30})
    page = runner.run("dry-run", "Dry run", PULL_REQUEST="7", GH_TOKEN="none")
    assert "### checkout:live: planned" in page
    assert (runner.directory / "gh.txt").read_text().split()[:3] == ["pr", "comment", "7"]
    assert team.alias("checkout") == before

    page = runner.run("deploy-staging", "Release")
    assert "### checkout:live: baking" in page
    assert team.alias("checkout") != before

    page = runner.run("rollback", "Roll back", MODE="auto", REASON="a test")
    assert "rolled back" in page
    assert team.alias("checkout") == before


def test_a_bad_version_fails_the_job(runner: Runner, team: Team) -> None:
    """With the exit code of a release that was rolled back, and the reason on the page."""
    before = eventually(lambda: team.alias("checkout"))
    _checked_out(runner, "bad")
    page = runner.run("deploy-staging", "Release", code=2)
    assert "### checkout:live: rolled back" in page
    assert team.alias("checkout") == before


def test_a_package_that_was_tampered_with_is_not_released(runner: Runner, team: Team) -> None:
    """What was built is what is released: the manifest says so."""
    before = team.alias("checkout")
    _checked_out(runner, "good")
    with (runner.directory / "dist" / "package.zip").open("ab") as package:
        package.write(b"x")
    runner.run("deploy-staging", "Release", code=1)
    assert team.alias("checkout") == before
