"""An operator asks for a rollback: what is meant is undone, or refused and nothing changes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.pipeline import faults
from tests.pipeline.story import Story
from tests.pipeline.test_bad_input import snapshot


def refused(story: Story, error: str, *words: str, **members: Any) -> None:
    """The request fails with this error and sentence, and the world is as it was."""
    before = snapshot(story)
    story.operator_asks(**members)
    cause = story.rollback.get("cause", "")
    assert (story.rollback["status"], story.rollback.get("error")) == ("FAILED", error), cause
    said = json.loads(cause)["errorMessage"]
    missing = [word for word in (*words, "Nothing changed") if word not in said]
    assert not missing, f"{missing} not in {said}"
    assert snapshot(story) == before


def rolled_back(story: Story) -> None:
    """The rollback machine has ended well, and says what it has done."""
    assert story.rollback["status"] == "SUCCEEDED", story.rollback
    assert json.loads(story.rollback["output"])["finished"]["outcome"] == "rolled_back"


@pytest.mark.parametrize("minutes", [0, 2, 7])
def test_a_running_release_is_undone(story: Story, minutes: float) -> None:
    """In canary and bake; the record says who asked and why, and one message is sent."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=minutes)
    story.operator_asks(reason="wrong prices")
    rolled_back(story)
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_cause_says("an operator asked for it: wrong prices").then_outcome_is("rolled_back")
    story.then_lock_is_free().then_notifications_are("rolled_back: checkout:live")
    assert story.item()["rollbackRequested"]["by"].startswith("an operator (")


def test_a_promoted_release_is_undone_within_its_guard_window(story: Story) -> None:
    """Nobody has seen an alarm, but the operator knows better."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    story.after(minutes=20).operator_asks()
    rolled_back(story)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back")


def test_the_promoted_one_is_meant_where_a_newer_one_failed_before_traffic(story: Story) -> None:
    """A release that never served is not in the way of undoing the one that does."""
    story.given_traffic().when_released("bad").when_state_is("SignPackage").execution_is_stopped()
    story.after(minutes=1)
    refused(story, "NothingToRollBackError", "failed")
    story.when_released("good").when_over().then_execution_is("SUCCEEDED")
    good = story.release
    story.when_released("bad").when_state_is("SignPackage").execution_is_stopped().after(minutes=1)
    story.operator_asks()
    rolled_back(story)
    story.then_alias_is({"1": 1})
    assert list(json.loads(story.rollback["output"])["finished"]["releases"]) == [good]


def test_asking_twice_goes_back_once(story: Story) -> None:
    """The release before the one that was undone is promoted and guarded, and stays."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    story.when_released("bad").when_traffic_shifts().operator_asks()
    rolled_back(story)
    story.when_over().then_alias_is({"2": 1})
    refused(story, "NothingToRollBackError", "rolled_back")
    story.then_alias_is({"2": 1})


def test_a_rollback_that_failed_can_be_asked_for_again(story: Story) -> None:
    """Once what was in the way is gone; until then the error says what to type."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    faults.at(story, "UpdateAlias", faults.refused("AccessDeniedException"))
    story.operator_asks()
    assert (story.rollback["status"], story.rollback["error"]) == ("FAILED", "RollbackFailed")
    assert "aws lambda update-alias" in story.rollback["cause"]
    story.then_outcome_is("rollback_failed").then_alias_is({"2": 1})
    story.operator_asks()
    rolled_back(story)
    story.then_outcome_is("rolled_back").then_alias_is({"1": 1})


def test_a_retry_is_not_refused_for_what_the_first_try_has_done(story: Story) -> None:
    """The handler ran out of time after it had moved the alias, which no longer is as confirmed."""
    story.given_traffic().when_released().when_over()
    faults.at(story, "UpdateAlias", faults.followed_by(lambda: time.sleep(61)))
    story.operator_asks(mode="manual", confirm="checkout:2")
    rolled_back(story)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back")


# -- confirmation ----------------------------------------------------------------------------------


def test_a_confirmed_rollback_of_what_was_seen(story: Story) -> None:
    """The console's input names the version that the operator saw."""
    story.given_traffic().when_released().when_over()
    story.operator_asks(mode="manual", confirm="checkout:2")
    rolled_back(story)
    story.then_alias_is({"1": 1})


@pytest.mark.parametrize(
    "members",
    [
        {"mode": "manual"},
        {"mode": "manual", "confirm": "checkout:1"},
        {"mode": "manual", "confirm": "2"},
        {"confirm": "checkout:1"},
    ],
)
def test_a_stale_click_is_refused(story: Story, members: dict[str, Any]) -> None:
    """Absent, of another version, or of no function: the error says what would be right."""
    story.given_traffic().when_released().when_over()
    refused(story, "InvalidRequestError", '"confirm": "checkout:2"', **members)


# -- nothing to roll back --------------------------------------------------------------------------


def test_without_a_release_there_is_nothing_to_roll_back(story: Story) -> None:
    """The alias serves what was there before us."""
    refused(story, "NothingToRollBackError", "checkout:live", "no release")


def test_before_its_traffic_a_release_is_stopped_not_rolled_back(story: Story) -> None:
    """The error says how; the release goes on."""
    story.given_traffic().when_released().when_state_is("SignPackage")
    story.operator_asks()
    assert story.rollback["error"] == "NothingToRollBackError"
    assert f"stop-execution --execution-arn {story.execution}" in story.rollback["cause"]
    story.when_over().then_execution_is("SUCCEEDED")


def test_after_its_guard_window_a_release_stays(story: Story) -> None:
    """Then an earlier version is no longer known to be right."""
    story.given_traffic().when_released().when_over().after(minutes=61)
    refused(story, "NothingToRollBackError", "guard window is over since 2026-01-05 10:1")


@pytest.mark.parametrize(
    ("members", "error", "words"),
    [
        ({"function": "chekout"}, "TargetNotReadyError", ("chekout",)),
        ({"alias": "prod"}, "TargetNotReadyError", ("prod",)),
        ({"alias": "7"}, "InvalidRequestError", ("alias",)),
        ({"schema": 2}, "InvalidRequestError", ("schema",)),
        ({"mode": "at once"}, "InvalidRequestError", ("mode", "at once")),
        ({"mode": "auto", "force": "yes"}, "InvalidRequestError", ("force",)),
        ({"detail-type": "x"}, "InvalidRequestError", ("function",)),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(
    story: Story, members: dict[str, Any], error: str, words: tuple[str, ...]
) -> None:
    """Unknown names, values and fields are named in the error."""
    story.given_traffic().when_released().when_over()
    refused(story, error, *words, **members)


def test_what_was_rolled_back_stays_the_last_one_where_a_newer_one_failed(story: Story) -> None:
    """Asking late for what was undone already does not undo the good release before it."""
    story.given_traffic().when_released("good").when_over().then_execution_is("SUCCEEDED")
    story.when_released("bad").when_over().then_execution_is("FAILED", "ReleaseRolledBack")
    story.when_released("bad").when_state_is("SignPackage").execution_is_stopped()
    story.after(minutes=1)
    refused(story, "NothingToRollBackError", "rolled_back")
    story.then_alias_is({"2": 1})
