"""Which stack a verb talks to: environments of samconfig.toml, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from tests.cli.conftest import Terminal, run


def samconfig(directory: Path, text: str) -> None:
    """Write the file."""
    (directory / "samconfig.toml").write_text(text)


def test_an_environment_names_stack_and_region(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is found upwards; `deploy` goes before `global`; boto3 decides what is not said."""
    samconfig(
        terminal.directory,
        "version = 0.1\n"
        '[default.deploy.parameters]\nstack_name = "other"\n'
        '[staging.global.parameters]\nstack_name = "other"\nregion = "us-east-1"\n'
        '[staging.deploy.parameters]\nstack_name = "lambda-canary"\n'
        '[far.deploy.parameters]\nregion = "eu-west-1"\n',
    )
    below = terminal.directory / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert terminal.type("status", "--environment", "staging").exit_code == 0
    assert boto3.DEFAULT_SESSION
    assert boto3.DEFAULT_SESSION.region_name == "us-east-1"
    for arguments, words in (
        ([], "There is no stack other (environment 'default' of"),
        (["--environment", "far"], "There is no stack lambda-canary (environment 'far' of"),
        (["--environment", "prod"], "has no environment 'prod', only default, staging, far."),
    ):
        result = terminal.type("status", *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert words in result.stderr


def test_a_stack_of_someone_else_is_no_stack_of_ours(terminal: Terminal) -> None:
    """In another project's directory its samconfig.toml names its own stack; the error says so."""
    template = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    terminal.story.aws.client("cloudformation").create_stack(
        StackName="shop", TemplateBody=template
    )
    samconfig(terminal.directory, '[default.deploy.parameters]\nstack_name = "shop"\n')
    result = terminal.type("status")
    assert result.exit_code == 1
    assert "Stack shop (environment 'default' of" in result.stderr
    assert "no output 'ReleaseStateMachineArn'" in result.stderr


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (None, ["--environment", "prod"], "There is no samconfig.toml in"),
        ("[default", [], "is no TOML"),
        (
            '[default.deploy.parameters]\nprofile = "nobody"\n',
            [],
            "profile (nobody) could not be found. Type the `export` line",
        ),
    ],
)
def test_what_is_wrong_before_aws_is_asked(
    elsewhere: Path, text: str | None, arguments: list[str], words: str
) -> None:
    """Exit 1 and a sentence with the next step."""
    if text:
        samconfig(elsewhere, text)
    result = run("status", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr
