"""A user's mistake is a sentence and exit code 1; a bug is a traceback and 255."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)

from canary.cli.group import Verbs
from canary.cli.main import main
from release.errors import AwsUnavailableError
from tests.cli.conftest import run


def refusal(code: str) -> ClientError:
    """AWS's no."""
    return ClientError({"Error": {"Code": code, "Message": "it said"}}, "GetAlias")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError(), "Unable to locate credentials. Log in"),
        (NoRegionError(), "You must specify a region. Set AWS_DEFAULT_REGION"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "http://127.0.0.1:1"),
        (EndpointConnectionError(endpoint_url="http://x"), "Is the network, or the local"),
        (refusal("ExpiredToken"), "AWS refused GetAlias with ExpiredToken: it said Log in"),
        (refusal("AccessDeniedException"), "must be allowed to do this"),
        (refusal("ThrottlingException"), "try again"),
        (refusal("ValidationError"), "AWS refused GetAlias with ValidationError: it said"),
        (AwsUnavailableError("no answer"), "AwsUnavailableError: no answer"),
    ],
)
def test_what_the_user_can_set_right(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """One sentence with the next step; with --debug the traceback too."""

    def fails(_: str) -> None:
        raise error

    monkeypatch.setattr("canary.cli.stacks.connect", fails)
    result = run("status")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    result = run("status", "--debug")
    assert (result.exit_code, "Traceback" in result.stderr) == (1, True)
    assert words in result.stderr


def test_a_bug_shows_where_it_is(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 255 and the traceback."""

    def fails(_: str) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("canary.cli.stacks.connect", fails)
    result = run("status")
    assert result.exit_code == 255
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError: a bug" in result.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["nonsense"], ["status", "--nonsense"]])
def test_wrong_usage_is_not_a_rollback(arguments: list[str]) -> None:
    """click exits 2 for it, which is what a release that was rolled back exits with."""
    result = run(*arguments)
    assert result.exit_code == 1
    assert "nonsense" in result.stderr


def test_an_interrupt_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130, as shells have it."""

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("canary.cli.stacks.connect", interrupted)
    result = run("status")
    assert (result.exit_code, result.stdout) == (130, "")
    assert "Interrupted." in result.stderr


def test_every_verb_is_of_the_one_group() -> None:
    """So that one place decides what a mistake exits with."""
    assert isinstance(main, Verbs)
    assert all(isinstance(each, click.Command) for each in main.commands.values())
