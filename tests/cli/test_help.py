"""Whatever can be copied from a help text or the README is parsed by the real parser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from canary.cli.main import main
from canary.localaws.sandbox import ROOT
from tests.cli.conftest import run

README = (ROOT / "README.md").read_text()


def examples(text: str) -> list[str]:
    """Lines that begin with the command."""
    return re.findall(r"^[ $]*(canary .+?)(?:  #.*)?$", text, re.M)


def helps(command: click.Command) -> Iterator[str]:
    """The help of a verb, and of the verbs below it."""
    yield command.help or ""
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from helps(below)


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_has_examples_that_parse(verb: str, elsewhere: Path) -> None:
    """At least two, and no option of another time."""
    found = [each for text in helps(main.commands[verb]) for each in examples(text)]
    assert len(found) >= 2
    for each in found:
        parse(each, elsewhere)


def test_what_the_readme_tells_to_type_parses(elsewhere: Path) -> None:
    """All three verbs are there."""
    found = examples(README)
    assert {each.split()[1] for each in found} >= {"release", "status", "rollback"}
    for each in found:
        parse(each, elsewhere)


def parse(example: str, directory: Path) -> None:
    """As click does it, without running anything; the files it names are there."""
    for name in ("bandit.sarif", "checkout.zip", "release.json"):
        (directory / name).touch()
    for name in ("src", "web", "examples/checkout/good"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    _, verb, *arguments = shlex.split(example)
    command = main.commands[verb]
    while isinstance(command, click.Group):
        verb, *arguments = arguments
        command = command.commands[verb]
    command.make_context(verb, arguments)


@pytest.mark.parametrize("verb", ["release", "status", "rollback"])
def test_help_tells_the_exit_codes(verb: str) -> None:
    """A script that calls the verb has to know them."""
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert "Exits 0" in result.stdout
