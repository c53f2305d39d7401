"""An operator undoes what serves while the next release is on its way."""

from __future__ import annotations

import pytest

from tests.pipeline import faults
from tests.pipeline.story import Story
from tests.pipeline.test_operator import rolled_back


@pytest.mark.parametrize("state", ["SignPackage", "PublishVersion"])
def test_what_serves_is_meant_while_the_next_one_prepares(story: Story, state: str) -> None:
    """The next one, planned against what was undone, ends as stale and touches nothing."""
    story.given_traffic().when_released().when_over()
    story.when_released("bad").when_state_is(state)
    story.operator_asks(mode="manual", confirm="checkout:2")
    rolled_back(story)
    story.when_over().then_execution_is("FAILED", "ReleaseStaleError").then_alias_is({"1": 1})
    story.then_outcome_is("failed").then_lock_is_free()


def test_no_traffic_begins_while_what_serves_is_being_undone(story: Story) -> None:
    """After the last look at the alias, the request in the item refuses the first write."""
    story.given_traffic().when_released().when_over()
    asked = {"M": {"by": {"S": "x"}, "reason": {"S": "x"}, "at": {"N": "1"}}}

    def ask() -> None:
        story.aws.client("dynamodb").update_item(
            TableName=story.sandbox.outputs["TableName"],
            Key={"pk": {"S": "release#release-1"}, "sk": {"S": "release"}},
            AttributeUpdates={"rollbackRequested": {"Value": asked}},
        )

    story.when_released("bad").when_state_is("ProbeVersion")
    faults.at(story, "GetMetricData", faults.first(ask))
    story.sandbox.run(story.execution)
    story.then_execution_is("FAILED", "ReleaseRefused").then_alias_is({"2": 1})
    story.then_cause_says("ReleaseStaleError", "of what serves").after(minutes=20)


def test_a_click_is_stale_once_a_newer_release_has_begun(story: Story) -> None:
    """The alias serves what it did, but what would be undone is another release."""
    story.given_traffic().when_released().when_over()
    story.when_released("bad").when_state_is("StartDeployment").after(seconds=0.5)
    story.then_alias_is({"2": 1}).operator_asks(mode="manual", confirm="checkout:2")
    assert story.rollback["error"] == "InvalidRequestError"
    assert "release-2 is meant" in story.rollback["cause"]
    assert "checkout:2+3" in story.rollback["cause"]
    story.operator_asks(mode="manual", confirm="checkout:2+3")
    rolled_back(story)
    story.when_over().then_alias_is({"2": 1}).then_outcome_is("rolled_back")
