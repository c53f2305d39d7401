"""What can be known of workflows without GitHub."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflows.files import PIPELINE, ROOT, WORKFLOWS, read

BIN = Path(sys.executable).parent
JOBS = read(PIPELINE)["jobs"]


def _run(*command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def _scripts() -> list[tuple[str, str]]:
    return [
        (f"{file.stem}/{job}/{number}", step["run"])
        for file in WORKFLOWS
        for job, content in read(file)["jobs"].items()
        for number, step in enumerate(content["steps"], 1)
        if "run" in step
    ]


def test_they_have_the_form_that_github_reads() -> None:
    """By the schemas of workflows and of dependabot.yml."""
    for schema, files in (
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [ROOT / ".github" / "dependabot.yml"]),
    ):
        done = _run("check-jsonschema", "--builtin-schema", schema, *map(str, files))
        assert done.returncode == 0, done.stdout + done.stderr


def _findings(directory: Path) -> list[dict[str, Any]]:
    done = _run("zizmor", "--offline", "--no-exit-codes", "--format", "json", str(directory))
    assert done.returncode == 0, done.stderr
    return [
        each
        for each in json.loads(done.stdout)
        if each["determinations"]["severity"] in ("Medium", "High")
    ]


def test_zizmor_finds_nothing_of_weight(tmp_path: Path) -> None:
    """
    Neither in the files nor where every anchor is written out, so that it sees each step; and it
    does see a template injection where there is one.
    """
    assert _findings(ROOT) == []
    written_out = tmp_path / ".github" / "workflows"
    written_out.mkdir(parents=True)
    for file in WORKFLOWS:
        (written_out / file.name).write_text(json.dumps(read(file)))
    pins = {"unpinned-uses"}  # a comment that names the tag is lost on the way
    assert {each["ident"] for each in _findings(tmp_path)} <= pins

    content = read(PIPELINE)
    content["jobs"]["rollback"]["steps"][-1]["run"] = "echo ${{ inputs.reason }}"
    (written_out / PIPELINE.name).write_text(json.dumps(content))
    assert "template-injection" in {each["ident"] for each in _findings(tmp_path)}


@pytest.mark.parametrize(("where", "script"), _scripts())
def test_each_script_is_clean(where: str, script: str) -> None:
    """By shellcheck, for the shell that GitHub runs: no expression of GitHub's is in it."""
    assert "${{" not in script, where
    done = _run("shellcheck", "-", text=f"#!/bin/bash\nset -eo pipefail\n{script}")
    assert done.returncode == 0, f"{where}: {done.stdout}"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_each_job_has_what_it_needs_and_no_more(file: Path) -> None:
    """Actions are pinned to commits with their version beside, rights are given per job."""
    content = read(file)
    assert content["permissions"] == {}
    for line in file.read_text().splitlines():
        if "uses:" in line:
            assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
    for name, job in content["jobs"].items():
        assert job["permissions"], name
        checkouts = [each for each in job["steps"] if "checkout" in each.get("uses", "")]
        assert all(each["with"]["persist-credentials"] is False for each in checkouts), name


def test_only_jobs_of_an_environment_get_credentials() -> None:
    """Its protection rules stand before them; nothing is installed while they are there."""
    for name, job in JOBS.items():
        uses = [str(each.get("uses")) for each in job["steps"]]
        credentials = [n for n, each in enumerate(uses) if "configure-aws-credentials" in each]
        assert ("id-token" in job["permissions"]) is bool(credentials), name
        assert ("environment" in job) is bool(credentials), name
        for number in credentials:
            later = [str(each.get("run")) for each in job["steps"][number:]]
            assert not any("install" in each for each in later), name


def test_releases_of_an_environment_do_not_overlap_and_a_rollback_does_not_wait() -> None:
    """One group per environment, in which nothing that runs is cancelled; none for the way back."""
    for environment in ("staging", "production"):
        job = JOBS[f"deploy-{environment}"]
        assert job["environment"] == environment
        assert job["concurrency"] == {"group": f"lambda-canary-{environment}"}
        assert {"security-scan", "build-and-package"} == set(job["needs"])
    assert "concurrency" not in JOBS["rollback"]


def test_a_copy_and_a_call_know_the_same() -> None:
    """What an input says to a called workflow, a variable or the input of a start by hand says."""
    triggers = read(PIPELINE)["on"]
    by_call, by_hand = (triggers[each]["inputs"] for each in ("workflow_call", "workflow_dispatch"))
    assert by_hand.keys() <= by_call.keys()
    text = PIPELINE.read_text()
    for name in by_call.keys() - by_hand.keys():
        assert re.search(rf"inputs\.{name} \|\| vars\.\w+", text), name


def test_yaml_reads_them_as_written() -> None:
    """No key is there twice, which PyYAML would not tell."""

    class Strict(yaml.SafeLoader):
        """Refuses what is there twice."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"{keys} {node.start_mark}"
            return super().construct_mapping(node, deep)

    for file in WORKFLOWS:
        yaml.load(file.read_text(), Strict)  # noqa: S506 a safe loader's child
