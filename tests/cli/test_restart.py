"""`canary restart`: redrives what can go on, begins anew what cannot, and says which."""

from tests.cli.conftest import Terminal


def test_what_failed_before_traffic_is_redriven(terminal: Terminal) -> None:
    """The same release goes on at its step, and is promoted."""
    story = terminal.story.when_released().when_state_is("WaitForSigning").execution_is_stopped()
    story.after(minutes=1)
    result = terminal.type("restart", "release-1")
    assert result.exit_code == 0, result.output
    assert "Release release-1 of checkout:live goes on at the step that failed." in result.stdout
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1}).then_outcome_is("promoted")


def test_what_was_rolled_back_begins_anew(terminal: Terminal) -> None:
    """Under a new id, with the same input; the release that was rolled back stays so."""
    story = terminal.story.when_released("bad").when_over().after(minutes=5)
    found = terminal.json("restart", "release-1", code=2)
    assert (found["restartedBy"], found["outcome"]) == ("new execution", "rolled_back")
    assert found["release"].startswith("checkout-")
    before, after = (story.sandbox.describe(arn)["input"] for arn in _both(story.execution, found))
    assert before == after
    story.then_outcome_is("rolled_back").then_alias_is({"1": 1})


def test_an_aborted_canary_begins_anew(terminal: Terminal) -> None:
    """AWS would redrive the execution, but its release has been rolled back meanwhile."""
    story = terminal.story.when_released().when_traffic_shifts().execution_is_stopped()
    story.after(minutes=5).then_outcome_is("rolled_back")
    result = terminal.type("restart", "release-1", "--no-wait")
    assert result.exit_code == 0
    assert "with the same input: release-1 was rolled back." in result.stdout


def test_what_cannot_be_restarted_says_so(terminal: Terminal) -> None:
    """Unknown, running, or ended well: exit 1 and a sentence; nothing starts."""
    assert "no release 'release-7'" in terminal.type("restart", "release-7").stderr
    story = terminal.story.when_released()
    assert "still runs" in terminal.type("restart", "release-1").stderr
    story.when_over()
    result = terminal.type("restart", "release-1")
    assert (result.exit_code, "ended well" in result.stderr) == (1, True)
    story.when_requested("no request").when_over()
    assert "with no request" in terminal.type("restart", "release-2").stderr


def _both(execution: str, found: dict[str, str]) -> tuple[str, str]:
    return execution, found["executionArn"]
