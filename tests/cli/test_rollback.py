"""`canary rollback`: asks, starts the rollback machine, and tells whether the alias is whole."""

from __future__ import annotations

import json

import click
import pytest

from tests.cli.conftest import Terminal
from tests.pipeline import faults
from tests.pipeline.story import FUNCTION, Story

ASKED = "checkout:live serves version 2. Release release-1 (promoted) goes back to version 1.\n"


def rollbacks(story: Story) -> list[dict[str, object]]:
    """What each execution of the rollback machine was started with."""
    machine = story.sandbox.outputs["RollbackStateMachineArn"]
    found = story.aws.client("stepfunctions").list_executions(stateMachineArn=machine)
    arns = [each["executionArn"] for each in found["executions"]]
    return [json.loads(story.sandbox.describe(arn)["input"]) for arn in arns]


def test_it_shows_asks_and_rolls_back(terminal: Terminal) -> None:
    """Exit 0; what was shown on the terminal is what the machine has to confirm."""
    story = terminal.story.when_released().when_over()
    result = terminal.type("rollback", FUNCTION, "--reason", "[/] prices", answer="y\n")
    assert result.exit_code == 0
    assert "an operator asked for it: [/] prices" in result.stdout
    assert result.stdout.startswith(ASKED)
    assert "RollbackFinished   v1 100%" in result.stdout
    assert "rolled back: checkout:live serves version 1 alone" in result.stdout
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back")
    (request,) = rollbacks(story)
    assert (request["mode"], request["confirm"]) == ("manual", "checkout:2")


def test_a_running_release_is_undone_without_asking(terminal: Terminal) -> None:
    """Mode auto sends no confirmation; the reason is in the record."""
    story = terminal.story.when_released().when_traffic_shifts()
    found = terminal.json("rollback", FUNCTION, "--mode", "auto", "--reason", "wrong prices")
    assert (found["outcome"], found["release"], found["exitCode"]) == (
        "rolled_back",
        "release-1",
        0,
    )
    assert (found["stableVersion"], found["newVersion"]) == ("1", "2")
    assert rollbacks(story) == [
        {
            "schema": 1,
            "function": FUNCTION,
            "alias": "live",
            "mode": "auto",
            "reason": "wrong prices",
        }
    ]
    story.then_alias_is({"1": 1}).when_over().then_cause_says("wrong prices")


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_without_a_yes_nothing_changes(terminal: Terminal, answer: str) -> None:
    """No, or only Enter: exit 1, and no execution."""
    story = terminal.story.when_released().when_over()
    result = terminal.type("rollback", FUNCTION, answer=answer)
    assert result.exit_code == 1
    assert result.stdout.startswith(ASKED)
    assert "Nothing was changed." in result.stderr
    assert rollbacks(story) == []
    story.then_alias_is({"2": 1})


def test_where_nobody_can_answer_it_says_so(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a script without `--yes`: exit 1, and no execution."""

    def end_of_file(*_: object, **__: object) -> bool:
        raise click.Abort

    story = terminal.story.when_released().when_over()
    monkeypatch.setattr("click.confirm", end_of_file)
    result = terminal.type("rollback", FUNCTION)
    assert result.exit_code == 1
    assert "Without a terminal, use --yes" in result.stderr
    assert rollbacks(story) == []


def test_nothing_to_roll_back(terminal: Terminal) -> None:
    """No release, no function, no alias, or asked twice: exit 1 before anything is started."""
    story = terminal.story
    for arguments, words in (
        ([FUNCTION], "NothingToRollBackError: checkout:live has had no release"),
        (["chekout"], "There is no function 'chekout'"),
        ([FUNCTION, "--alias", "prod"], "no alias 'prod'"),
    ):
        result = terminal.type("rollback", *arguments, "--yes")
        assert (result.exit_code, result.stdout) == (1, "")
        assert words in result.stderr
    assert rollbacks(story) == []
    story.when_released("bad").when_traffic_shifts()
    assert terminal.type("rollback", FUNCTION, "--yes").exit_code == 0
    story.when_over()
    result = terminal.type("rollback", FUNCTION, "--yes")
    assert result.exit_code == 1
    assert "release-1 of checkout:live is over already: rolled_back" in result.stderr


def test_a_click_that_is_stale_by_now_is_refused(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone was faster between question and answer: exit 1, and the alias is as they left it."""
    story = terminal.story.when_released().when_over()

    def answered_late(*_: object, **__: object) -> bool:
        client = story.aws.client("lambda")
        client.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="1")
        return True

    monkeypatch.setattr("click.confirm", answered_late)
    found = terminal.json("rollback", FUNCTION, code=1)
    assert (found["outcome"], found["error"]) == ("refused", "InvalidRequestError")
    assert '"confirm": "checkout:1"' in found["reason"]
    story.then_outcome_is("promoted")


def test_a_rollback_that_fails_says_what_to_type(terminal: Terminal) -> None:
    """Exit 3, and the command is in one line, to be copied."""
    story = terminal.story.when_released().when_over()
    faults.at(story, "UpdateAlias", faults.refused("AccessDeniedException"))
    result = terminal.type("rollback", FUNCTION, "--yes")
    assert result.exit_code == 3
    assert (
        "aws lambda update-alias --function-name checkout --name live --function-version 1 "
        "--routing-config AdditionalVersionWeights={}"
    ) in result.stdout
    story.then_alias_is({"2": 1}).then_outcome_is("rollback_failed")
    assert terminal.type("rollback", FUNCTION, "--yes").exit_code == 0
    story.then_alias_is({"1": 1})


def test_ctrl_c_stops_following_only(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130, how to look at it, and the alias goes back all the same."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    story = terminal.story.when_released().when_over()
    monkeypatch.setattr("canary.cli.watch.Watch.glance", interrupted)
    result = terminal.type("rollback", FUNCTION, "--yes")
    assert result.exit_code == 130
    assert "To look at it, type: canary status checkout" in result.stdout
    story.after(minutes=2).then_alias_is({"1": 1})


def test_an_emergency_asks_nobody(terminal: Terminal) -> None:
    """Exit 0; a version can be chosen, and one that is not there is the user's to set right."""
    terminal.story.when_released().when_over()
    found = terminal.json("rollback", FUNCTION, "--mode", "emergency", "--version", "9", code=1)
    assert "no version 9" in found["reason"]
    found = terminal.json("rollback", FUNCTION, "--mode", "emergency", "--version", "1")
    assert (found["outcome"], found["stableVersion"]) == ("rolled_back", "1")
    terminal.story.then_alias_is({"1": 1})
