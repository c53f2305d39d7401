"""A canary that evidence ends before CodeDeploy's timer: all on the new version, still guarded."""

from typing import Any

import pytest

from canary.localaws import codedeploy
from tests.pipeline.faults import Call, answer_lost, at, first, refused
from tests.pipeline.story import FUNCTION, Story
from tests.pipeline.watch import Rule

EARLY: dict[str, Any] = {
    "policy": {"endEarly": True, "bakeMinutes": 5},
    "deployment": {"config": "CodeDeployDefault.LambdaCanary10Percent30Minutes"},
}


def released(story: Story) -> Story:
    """A release with much traffic that may end early, in its canary."""
    return story.given_traffic(9000).after(minutes=3).when_released(**EARLY).when_traffic_shifts()


def status(story: Story) -> str:
    """CodeDeploy's word about the release's deployment."""
    client = story.aws.client("codedeploy")
    found = client.get_deployment(deploymentId=story.item()["deploymentId"])["deploymentInfo"]
    return str(found["status"])


def test_evidence_ends_the_canary(story: Story) -> None:
    """Long before the timer all traffic is on the new version; the bake follows, then the end."""
    released(story).when_state_is("PromoteVersion").after(seconds=30).then_alias_is({"2": 1})
    assert status(story) == "Stopped"
    story.after(minutes=3)
    assert not story.sandbox.is_over(story.execution)
    story.when_over().then_execution_is("SUCCEEDED").then_outcome_is("promoted")
    story.then_notifications_are("promoted: checkout:live")
    words = [each["verdict"] for each in story.evidence()["verdicts"]]
    assert words.count("end_early") == 1
    assert words[-1] == "promote"


def test_it_is_not_ended_unasked(story: Story) -> None:
    """Without `endEarly` the timer decides."""
    story.given_traffic(9000).after(minutes=3).when_released().when_over()
    assert "PromoteVersion" not in story.states()
    assert status(story) == "Succeeded"


@pytest.mark.parametrize("operation", ["StopDeployment", "UpdateAlias"])
def test_a_lost_answer_changes_nothing(story: Story, operation: str) -> None:
    """PromoteVersion is repeated."""
    released(story)
    at(story, operation, answer_lost)
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})


def test_a_stop_that_takes_its_time_is_waited_for(story: Story) -> None:
    """The alias is written only when CodeDeploy is done with it."""
    codedeploy.faults(story.aws).stop_is_pending = True
    released(story).when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})
    assert "WaitForPromotion" in story.states()


def stopping(story: Story, turns: int) -> None:
    """For so many turns of PromoteVersion, CodeDeploy is still about to stop."""

    def goes_on(call: Call) -> Any:
        answer = call()
        answer["deploymentInfo"] |= {"status": "InProgress"}
        return answer

    def is_promoting(call: Call) -> bool:
        return (call.point.actor, call.operation) == ("PromoteVersion", "GetDeployment")

    story.watch.rules.append(Rule(is_promoting, goes_on, turns))


def test_the_bake_begins_when_all_traffic_has_shifted(story: Story) -> None:
    """However long CodeDeploy took to stop: not when the end of the canary was decided."""
    stopping(story, 24)  # two minutes
    released(story).when_state_is("PromoteVersion")
    story.aws.clock.run(lambda: len(story.sandbox.alias(FUNCTION)) == 1, limit=600)
    story.then_alias_is({"2": 1}).after(minutes=4.5)
    assert not story.sandbox.is_over(story.execution)
    story.when_over().then_execution_is("SUCCEEDED")


def test_a_stop_that_takes_too_long_rolls_back(story: Story) -> None:
    """Nobody judges the split alias meanwhile, so PromoteVersion has a deadline."""
    stopping(story, 10_000)
    released(story).when_state_is("PromoteVersion").after(minutes=14.5)
    assert "RollBack" not in story.states()
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_cause_says("not on the new version alone after 15 minutes")


def test_a_rival_write_to_the_alias_is_looked_at_again(story: Story) -> None:
    """The revision has changed between reading and writing: the next turn writes."""
    client = story.aws.client("lambda")

    def rival() -> None:
        client.update_alias(FunctionName=FUNCTION, Name="live", Description="touched")

    released(story)
    at(story, "UpdateAlias", first(rival))
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})
    assert "WaitForPromotion" in story.states()


def test_a_rollback_right_at_the_end_of_the_canary_wins(story: Story) -> None:
    """What asks for a rollback between the last look and the write is never overwritten."""
    released(story)
    at(story, "StopDeployment", first(lambda: rollback_is_requested(story)))
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_outcome_is("rolled_back").then_lock_is_free()
    story.then_cause_says("ReleaseStaleError", "asked for by it: so")


def rollback_is_requested(story: Story) -> None:
    """As the rollback machine does when an alarm has started it."""
    story.aws.client("dynamodb").update_item(
        TableName=story.sandbox.outputs["TableName"],
        Key={"pk": {"S": f"release#{story.release}"}, "sk": {"S": "release"}},
        UpdateExpression="SET rollbackRequested = :asked",
        ExpressionAttributeValues={
            ":asked": {"M": {"by": {"S": "it"}, "reason": {"S": "so"}, "at": {"N": "1"}}}
        },
    )


def test_an_alarm_in_the_bake_after_an_early_end_rolls_back(story: Story) -> None:
    """The deployment that we have stopped is no hindrance on the way back."""
    released(story).when_state_is("PromoteVersion").after(minutes=3).then_alias_is({"2": 1})
    story.alarm_fires().when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_outcome_is("rolled_back").then_lock_is_free()


def test_a_promotion_that_fails_rolls_back(story: Story) -> None:
    """Every error after traffic leads to RollBack."""
    released(story)
    at(story, "StopDeployment", refused("AccessDeniedException"))
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_cause_says("AccessDenied")


def test_an_alias_that_someone_else_has_moved_is_left(story: Story) -> None:
    """It is reported, with what to type, and not overwritten."""
    client = story.aws.client("lambda")
    client.update_function_configuration(FunctionName=FUNCTION, MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    client.publish_version(FunctionName=FUNCTION)

    def moved() -> None:
        client.update_alias(
            FunctionName=FUNCTION, Name="live", FunctionVersion="2", RoutingConfig={}
        )
        story.alias_before = story.sandbox.alias(FUNCTION)

    released(story)
    at(story, "StopDeployment", first(moved))
    story.when_over().then_execution_is("FAILED", "RollbackFailed").then_alias_is({"2": 1})
    story.then_cause_says("AliasMovedError", "aws lambda update-alias")


def test_who_puts_the_alias_back_meanwhile_wins(story: Story) -> None:
    """An operator's return to the stable version is not overwritten by the early end."""

    def put_back() -> None:
        story.aws.client("lambda").update_alias(
            FunctionName=FUNCTION, Name="live", FunctionVersion="1", RoutingConfig={}
        )

    released(story)
    at(story, "StopDeployment", first(put_back))
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_cause_says("AliasMovedError")


def test_an_abort_after_an_early_end_rolls_back(story: Story) -> None:
    """The rollback machine undoes what has not been decided to be promoted."""
    released(story).when_state_is("PromoteVersion").after(minutes=2).execution_is_stopped()
    story.after(minutes=3).then_alias_is({"1": 1}).then_outcome_is("rolled_back")
