"""Several releases of one alias: the newest waits for the one that runs, which is never touched."""

from __future__ import annotations

import pytest

from tests.pipeline.story import FUNCTION, Story


def test_the_newest_waits_and_is_released_after_the_one_that_runs(story: Story) -> None:
    """
    The older of two that wait ends at its next turn and names the newer; what the running release
    does to alias and deployment group meanwhile refuses nobody.
    """
    story.given_traffic().when_released("good").when_traffic_shifts()
    first, held = story.execution, story.locks()
    story.when_released("bad").after(seconds=20)
    older = story.execution
    story.when_released("stable", configuration={"memorySize": 256}).after(seconds=20)
    newest = story.execution
    assert story.locks() == held
    story.execution = older
    story.then_execution_is("FAILED", "ReleaseInProgressError")
    story.then_cause_says("Release release-3, which is newer, waits", "release-1")
    story.execution = first
    story.when_over().then_execution_is("SUCCEEDED")
    story.execution = newest
    assert story.states()[:3] == ["ValidateRelease", "IsValidated", "WaitForLock"]
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"3": 1})


def test_waiting_ends_after_half_an_hour(story: Story) -> None:
    """The error names what it waited for; a redrive waits anew."""
    bake = {"policy": {"bakeMinutes": 120}}
    story.given_traffic().when_released("good", **bake).when_traffic_shifts()
    first = story.execution
    story.when_released("stable", configuration={"memorySize": 256}).after(minutes=29)
    story.then_execution_is("RUNNING").after(minutes=2)
    story.then_execution_is("FAILED", "ReleaseInProgressError")
    story.then_cause_says("has waited for 30 minutes", "release-1", "Nothing changed")
    story.execution_is_redriven().after(minutes=5).then_execution_is("RUNNING")
    second, story.execution = story.execution, first
    story.execution_is_stopped().execution = second
    story.when_over().then_execution_is("SUCCEEDED")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"approvalAwaitedSince": {"N": "1767603600"}}, "awaits an approval"),
        ({}, "which is newer, runs"),
    ],
)
def test_there_is_no_waiting_for_an_approval_or_a_newer_release(
    story: Story, changes: dict[str, dict[str, str]], words: str
) -> None:
    """The first may last for days; after the second this release would be a step back."""
    story.given_traffic().when_released("good").when_traffic_shifts()
    item = next(each for each in story.items() if each["sk"] == "release")
    plan = item["plan"].replace('"startedAt":', '"startedAt":1' if not changes else '"startedAt":')
    story.aws.client("dynamodb").update_item(
        TableName=story.sandbox.outputs["TableName"],
        Key={"pk": {"S": item["pk"]}, "sk": {"S": "release"}},
        AttributeUpdates={
            name: {"Value": value} for name, value in {"plan": {"S": plan}, **changes}.items()
        },
    )
    first = story.execution
    story.when_released("bad").after(seconds=1)
    story.then_execution_is("FAILED", "ReleaseInProgressError").then_cause_says(words, "release-1")
    story.execution = first
    story.when_over().then_execution_is("SUCCEEDED")


def test_who_waits_is_not_kept_from_it_by_one_that_was_stopped(story: Story) -> None:
    """A release that no longer comes back for its turn has given up its place."""
    story.given_traffic().when_released("good").when_traffic_shifts()
    first = story.execution
    story.when_released("bad").after(seconds=1)
    older = story.execution
    story.execution_is_stopped().when_released("bad").after(seconds=1).execution_is_stopped()
    story.after(minutes=3).execution = older
    story.execution_is_redriven().after(seconds=1).then_execution_is("RUNNING")
    story.execution_is_stopped().execution = first
    story.when_over().then_execution_is("SUCCEEDED")


def test_a_freeze_ends_the_waiting(story: Story) -> None:
    """What would be refused in the end need not wait for it."""
    story.given_traffic().when_released("good").when_traffic_shifts()
    first = story.execution
    story.when_released("bad").after(seconds=1).then_execution_is("RUNNING")
    story.aws.client("dynamodb").put_item(
        TableName=story.sandbox.outputs["TableName"],
        Item={"pk": {"S": f"function#{FUNCTION}"}, "sk": {"S": "freeze"}},
    )
    story.after(seconds=15).then_execution_is("FAILED", "FrozenError")
    story.execution = first
    story.when_over().then_execution_is("SUCCEEDED")
