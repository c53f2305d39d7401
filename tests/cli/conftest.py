"""The real verbs over the embedded AWS, in a directory of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from canary.cli.main import main
from canary.localaws import LocalAws
from canary.localaws.sandbox import archive_of
from release.aws.clients import client
from tests.pipeline.story import EXAMPLES, Story


@dataclass
class Terminal:
    """Types commands; what they print is plain and 100 columns wide."""

    story: Story
    directory: Path

    def package(self, code: str = "good") -> str:
        """One of the examples as a zip file; its path."""
        path = self.directory / f"{code}.zip"
        path.write_bytes(archive_of(EXAMPLES / code))
        return str(path)

    def type(self, *arguments: str, answer: str | None = None) -> Result:
        """Run the command."""
        return run(*arguments, answer=answer)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run the command with --json: one document on stdout, whatever is on stderr."""
        result = run(*arguments, "--json")
        assert result.exit_code == code, result.output + result.stderr
        return json.loads(result.stdout)


def run(*arguments: str, answer: str | None = None) -> Result:
    """`canary` with these arguments."""
    return CliRunner(mix_stderr=False).invoke(main, arguments, input=answer)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current directory without samconfig.toml above it; session and clients are put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield tmp_path
    client.cache_clear()


@pytest.fixture
def terminal(elsewhere: Path) -> Iterator[Terminal]:
    """A deployed stack with `checkout` to release, and traffic on it."""
    with LocalAws() as aws:
        yield Terminal(Story(aws).given_traffic(), elsewhere)
