"""The demo is itself a test: the README's first command does what it promises."""

import re

import pytest
from click.testing import CliRunner

from canary.cli import demo as demo_module
from canary.cli.main import main
from canary.localaws.sandbox import ROOT

README = (ROOT / "README.md").read_text()


def test_the_demo_promotes_the_good_and_rolls_back_the_bad() -> None:
    """Exit 0, progress on the way, and a table of both at the end: what the README shows."""
    result = CliRunner().invoke(main, ["demo"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    shown = re.findall(r"```console\n\$ make demo\n(.*?)```", README, re.S)[0].splitlines()
    printed = [line.rstrip() for line in result.output.splitlines()]
    assert [line for line in shown if "…" not in line and line not in printed] == []
    for word in (
        "SignPackage",
        "EvaluateCanary",
        "v1  90%",
        "v2  10%",
        "ReleasePromoted",
        "RollBack",
        "ReleaseRolledBack",
        "promoted",
        "rolled_back",
        "1 → 2",
        "2 → 3",
    ):
        assert word in result.output


def test_the_demo_fails_where_a_release_ends_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """A good version in the bad one's place is promoted, so the demo must not exit 0."""
    good, bad = demo_module.CHAPTERS
    wrong = demo_module.Chapter(bad.release, good.code, bad.title, bad.status, bad.outcome, {})
    monkeypatch.setattr(demo_module, "CHAPTERS", (wrong,))
    result = CliRunner().invoke(main, ["demo"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "did not end as it should" in result.output


def test_another_seed_ends_the_same() -> None:
    """Nothing hangs on a lucky seed."""
    arguments = ["demo", "--seed", "5", "--calls-per-minute", "300"]
    assert CliRunner().invoke(main, arguments, catch_exceptions=False).exit_code == 0


def test_help_shows_examples() -> None:
    """Every verb's help has something to copy."""
    result = CliRunner().invoke(main, ["demo", "--help"])
    assert "canary demo --seed 7" in result.output
