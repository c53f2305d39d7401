"""`canary status`: what an operator sees of a release that runs, and of one that is over."""

from __future__ import annotations

import re

from tests.cli.conftest import Terminal
from tests.pipeline.story import FUNCTION

RUNNING = """\
checkout:live serves version 1 with 90%, version 2 with 10%
  release  release-1 runs: EvaluateCanary, version 1 → 2
  09:02    v1  90%   54 calls   0 errors │ v2  10%    6 calls   0 errors
  alarms   canary-checkout-errors OK
  verdict  continue
  evidence 1.61 : 1 against, 0.346 : 1 for
  reason   REASON
  next     look at 09:03:44
"""
PROMOTED = """\
checkout:live serves version 2
  release  release-1 promoted at 2026-01-05 09:16, version 1 → 2
  09:18    v2 100%   60 calls   0 errors
  alarms   canary-checkout-errors OK
  reason   REASON
  next     an alarm undoes it until 2026-01-05 10:16
"""


def without_reason(shown: str) -> str:
    """The evidence is told in a sentence of its own."""
    return re.sub(r"(  reason   ).+", r"\1REASON", shown)


def test_a_running_release(terminal: Terminal) -> None:
    """State, weights, both versions' calls and errors, alarms, verdict, reason, next look."""
    story = terminal.story.when_released().when_traffic_shifts().after(minutes=2, seconds=15)
    result = terminal.type("status", FUNCTION)
    assert result.exit_code == 0
    assert without_reason(result.stdout) == RUNNING
    found = terminal.json("status", FUNCTION)
    assert found["versions"]["2"] == {"share": 0.1, "calls": 6, "errors": 0}
    assert (found["outcome"], found["state"]) == ("in_progress", "EvaluateCanary")
    assert found["alarms"] == {"canary-checkout-errors": "OK"}
    assert found["nextLook"].startswith("2026-01-05T09:03:44")
    assert found["decidedBy"] == "deployment"
    assert found["odds"].keys() == found["metrics"]["errors"].keys() == {"against", "inFavour"}
    story.then_alias_is({"1": 0.9, "2": 0.1})


def test_a_release_that_is_over(terminal: Terminal) -> None:
    """Outcome, reason, and how long an alarm still undoes it; then no longer."""
    story = terminal.story.when_released().when_over()
    result = terminal.type("status", FUNCTION)
    assert without_reason(result.stdout) == PROMOTED
    assert "reason   version 2 failed 0 of" in result.stdout
    story.after(minutes=61)
    assert "an alarm undoes it" not in terminal.type("status", FUNCTION).stdout
    assert terminal.json("status", FUNCTION)["guardUntil"] is None


def test_watching_ends_as_the_release_does(terminal: Terminal) -> None:
    """The exit code is that of `canary release`, also when it is over already."""
    terminal.story.when_released("bad").when_traffic_shifts()
    result = terminal.type("status", FUNCTION, "--watch")
    assert result.exit_code == 2
    assert "ReleaseRolledBack" in result.stdout
    assert "rolled back: checkout:live serves version 1 alone again" in result.stdout
    found = terminal.json("status", FUNCTION, "--watch", code=2)
    assert found["outcome"] == "rolled_back"


def test_before_the_first_release(terminal: Terminal) -> None:
    """What the alias serves can be seen all the same."""
    result = terminal.type("status", FUNCTION)
    assert result.exit_code == 0
    assert "checkout:live serves version 1" in result.stdout
    assert terminal.json("status", FUNCTION)["release"] is None
    assert "No release has run yet" in terminal.type("status").stdout
    assert terminal.json("status") == {"schema": 1, "releases": [], "frozen": None}


def test_the_latest_releases(terminal: Terminal) -> None:
    """The newest first: those with an item say their outcome, the others how they ended."""
    story = terminal.story
    story.when_released().when_over()
    story.when_requested({"schema": 1}).when_over()
    lines = terminal.type("status").stdout.splitlines()
    assert lines[2].split() == ["release-2", "FAILED", "01-05", "09:19"]
    assert " ".join(lines[3].split()) == "release-1 checkout:live promoted 1 → 2 01-05 09:00"
    newest, oldest = terminal.json("status")["releases"]
    assert (newest["target"], newest["status"], newest["outcome"]) == (None, "FAILED", None)
    assert (oldest["target"], oldest["newVersion"]) == ("checkout:live", "2")


def test_what_is_not_there(terminal: Terminal) -> None:
    """Exit 1, and what was looked for."""
    for arguments in (["chekout"], [FUNCTION, "--alias", "prod"]):
        result = terminal.type("status", *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"There is no function {arguments[0]!r}" in result.stderr
    result = terminal.type("status", "--watch")
    assert result.exit_code == 1
    assert "--watch needs a FUNCTION" in result.stderr
