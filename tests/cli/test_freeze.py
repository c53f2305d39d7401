"""`canary freeze` and `canary unfreeze`: nothing new begins to serve; the way back stays open."""

from __future__ import annotations

from tests.cli.conftest import Terminal
from tests.pipeline.story import FUNCTION


def test_a_frozen_function_is_not_released(terminal: Terminal) -> None:
    """
    What runs stops before its traffic, what is new at once; status tells it; the first freeze
    stays; afterwards a release goes through.
    """
    story = terminal.story.when_released().when_state_is("SignPackage")
    result = terminal.type("freeze", FUNCTION, "--reason", "inventory [night]")
    assert result.exit_code == 0
    assert "checkout is frozen since 2026-01-05 09:00 UTC by arn:aws:" in result.stdout
    assert "To lift it, type: canary unfreeze checkout" in result.stdout
    found = terminal.json("freeze", FUNCTION, "--reason", "another")["frozen"]
    assert (found["function"], found["reason"]) == (FUNCTION, "inventory [night]")
    story.when_over().then_execution_is("FAILED", "ReleaseRefused")
    story.then_cause_says("FrozenError", "inventory [night]", "canary unfreeze checkout")
    story.then_alias_is({"1": 1}).then_lock_is_free()
    assert "  frozen   frozen since" in terminal.type("status", FUNCTION).stdout
    assert terminal.json("status", FUNCTION)["frozen"] == found
    result = terminal.type("release", FUNCTION, "--package", terminal.package())
    assert (result.exit_code, "FrozenError" in result.stdout) == (1, True)
    assert "checkout is no longer frozen" in terminal.type("unfreeze", FUNCTION).stdout
    assert "checkout is not frozen" in terminal.type("unfreeze", FUNCTION).stdout
    story.when_released().when_over().then_execution_is("SUCCEEDED")


def test_a_frozen_stack_still_rolls_back(terminal: Terminal) -> None:
    """All new releases are refused; the one that is promoted can be undone."""
    story = terminal.story.when_released().when_over().then_execution_is("SUCCEEDED")
    assert "the stack is frozen since" in terminal.type("freeze", "--reason", "incident").stdout
    assert "The stack is frozen since" in terminal.type("status").stdout
    assert terminal.json("status")["frozen"]["function"] is None
    story.when_released("bad").when_over().then_execution_is("FAILED", "FrozenError")
    story.then_cause_says("this stack", "incident", "type: canary unfreeze. ")
    assert terminal.type("rollback", FUNCTION, "--yes").exit_code == 0
    story.then_alias_is({"1": 1})
    assert terminal.json("unfreeze")["lifted"]["reason"] == "incident"


def test_a_misspelt_function_is_not_frozen(terminal: Terminal) -> None:
    """An operator who thinks that the line has stopped must not be wrong."""
    result = terminal.type("freeze", "chekout", "--reason", "x")
    assert (result.exit_code, "no function 'chekout'" in result.stderr) == (1, True)
    assert terminal.type("freeze", FUNCTION).exit_code == 1
    assert [each for each in terminal.story.items() if each["sk"] == "freeze"] == []
