"""The ordinary SAM CLI makes the stack, and what it has packed releases a function."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from canary.localaws.awslambda import interpreters
from canary.localaws.sandbox import ROOT, archive_of
from tests.clients.remote import Team
from tests.clients.server import Shell, eventually, serving

# pyenv's shims want to be told which one; sam calls the same.
LAMBDA_PYTHON = {"PYENV_VERSION": "3.13"}
WHEELS = ROOT / ".venv" / "wheels"


def _has_lambda_python() -> bool:
    """For the build, and for running what was built, which holds compiled code."""
    if "3.13" not in interpreters.find("python3.13").command[0]:
        return False
    command = ["python3.13", "-m", "pip", "--version"]
    try:
        environment = {**os.environ, **LAMBDA_PYTHON}
        return subprocess.run(command, env=environment, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = pytest.mark.skipif(
    not _has_lambda_python(), reason="sam build needs python3.13 with pip, which is not here"
)


def _deploy(shell: Shell) -> None:
    """`sam build` and `sam deploy` as in the README, but for where the build lies."""
    assert WHEELS.is_dir(), "make setup fetches what sam build packs"
    config = ["--config-file", str(ROOT / "samconfig.toml")]
    build = ["--template-file", str(ROOT / "template.yaml"), "--build-dir", "build"]
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS)}
    shell.run("sam", "build", *config, *build, **LAMBDA_PYTHON, **offline)
    shell.run("sam", "deploy", *config, "--template-file", "build/template.yaml")


def test_sam_deploys_what_releases(tmp_path: Path) -> None:
    """
    From an empty account to two releases. The handlers run as Lambda runs them: from their
    packages, in processes of Python 3.13, calling back over the endpoint.
    """
    with serving(tmp_path, "--speed", "600") as shell:
        _deploy(shell)
        team = Team(shell)
        team.add_function("checkout", archive_of(ROOT / "examples/checkout/stable"))

        (tmp_path / "good.zip").write_bytes(archive_of(ROOT / "examples/checkout/good"))
        said = shell.run("canary", "release", "checkout", "--package", "good.zip", "--json")
        assert json.loads(said)["outcome"] == "promoted"
        assert team.alias("checkout") == {"2": 1}

        (tmp_path / "next.zip").write_bytes(archive_of(ROOT / "examples/checkout/bad"))
        put = shell.aws(
            *("s3api", "put-object", "--bucket", team.outputs["ArtifactBucket"]),
            *("--key", "incoming/next.zip", "--body", "next.zip"),
        )
        package = {"key": "incoming/next.zip", "version": put["VersionId"]}
        request = {"schema": 1, "function": "checkout", "package": package}
        release = shell.aws(
            *("stepfunctions", "start-execution", "--name", "by-aws"),
            *("--state-machine-arn", team.outputs["ReleaseStateMachineArn"]),
            *("--input", json.dumps(request)),
        )["executionArn"]
        assert eventually(lambda: team.end(release)) == "SUCCEEDED", team.describe(release)
        assert team.alias("checkout") == {"3": 1}
        team.close()
