"""Restarting: the world is looked at again, and what is over does not come back to life."""

from dataclasses import replace

import pytest

from canary.localaws.stepfunctions.execution import LocalExecution
from tests.pipeline.story import FUNCTION, Story


def aborted_in(story: Story, state: str) -> Story:
    """A release that is aborted there, and ended by the event of that."""
    story.when_released().when_state_is(state).execution_is_stopped().after(minutes=1)
    return story.then_outcome_is("failed").then_lock_is_free()


@pytest.mark.parametrize("state", ["WaitForSigning", "WaitForVersion"])
def test_a_redrive_goes_on_where_it_was(story: Story, state: str) -> None:
    """One signing job, no earlier state again, the lock taken back, and the release completes."""
    aborted_in(story, state).execution_is_redriven().after(seconds=20)
    assert {each["release"] for each in story.locks()} == {story.release}
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})
    assert story.states().count("ValidateRelease") == 1
    assert len(story.aws.client("signer").list_signing_jobs()["jobs"]) == 2  # the first version's


def test_a_redrive_meets_a_red_alarm(story: Story) -> None:
    """The last checks before traffic are made again: nothing that serves is touched."""
    aborted_in(story, "WaitForVersion").execution_is_redriven().when_state_is("ProbeVersion")
    story.alarm_fires().when_over().then_execution_is("FAILED", "ReleaseRefused")
    story.then_cause_says("AlarmCoverageError").then_alias_is({"1": 1})


def test_a_redrive_meets_a_signature_that_is_no_longer_valid(story: Story) -> None:
    """No redrive can mend that: stale, and the sentence says what to do."""
    aborted_in(story, "WaitForVersion")
    story.aws.client("signer").revoke_signature(
        jobId=story.item()["signing"]["jobId"], reason="leaked"
    )
    story.execution_is_redriven().when_over().then_execution_is("FAILED", "ReleaseStaleError")
    story.then_cause_says("CodeVerificationFailed", "Start a new execution").then_alias_is({"1": 1})
    story.then_lock_is_free()


def test_a_redrive_after_an_upgrade_is_stale(story: Story) -> None:
    """What an earlier version of the stack has written, and this one does not understand."""
    aborted_in(story, "WaitForSigning")
    entered = LocalExecution._last_entered

    def of_another_schema(execution: LocalExecution) -> object:
        found = entered(execution)
        return found and replace(found, text=found.text.replace('"schema":1', '"schema":0', 1))

    story.aws.patch(LocalExecution, "_last_entered", of_another_schema)
    story.execution_is_redriven().when_over().then_execution_is("FAILED", "ReleaseStaleError")
    story.then_cause_says("not understood", "Start a new execution").then_lock_is_free()


def test_a_redrive_does_not_bring_back_what_was_rolled_back(story: Story) -> None:
    """Neither an aborted canary nor one that ended in Fail: nothing changes, nothing is told."""
    story.when_released().when_traffic_shifts().execution_is_stopped().after(minutes=5)
    story.then_outcome_is("rolled_back").execution_is_redriven().when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_outcome_is("rolled_back")
    story.execution_is_redriven().when_over().then_execution_is("FAILED", "ReleaseRolledBack")
    story.then_alias_is({"1": 1}).then_lock_is_free()
    story.then_notifications_are("rolled_back: checkout:live")


def test_a_new_execution_with_the_same_input_follows_every_end(story: Story) -> None:
    """Aborted before and after its traffic began, rolled back by an alarm: then promoted."""
    request = story.request()
    story.when_requested(request).when_state_is("WaitForSigning").execution_is_stopped()
    story.after(minutes=1).when_requested(request).when_traffic_shifts().execution_is_stopped()
    story.after(minutes=5).then_outcome_is("rolled_back").when_requested(request)
    story.when_traffic_shifts().alarm_fires().when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").after(minutes=6)
    story.when_requested(request).when_over().then_execution_is("SUCCEEDED")
    story.then_outcome_is("promoted")
    assert len(story.sandbox.alias(FUNCTION)) == 1
