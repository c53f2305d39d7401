"""What lost events leave is found within a quarter of an hour, and nothing else is touched."""

from __future__ import annotations

import pytest

from canary.localaws import events
from tests.pipeline.faults import at, refused
from tests.pipeline.story import ALARM, FUNCTION, Story


def lose_events(story: Story) -> None:
    """EventBridge delivers nothing but its schedules."""
    events.delivery().lose(lambda event: event["detail-type"] != "Scheduled Event")


def point_alias(story: Story, version: str, weights: dict[str, float] | None = None) -> None:
    """Someone outside moves the alias."""
    story.aws.client("lambda").update_alias(
        FunctionName=FUNCTION,
        Name="live",
        FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": weights or {}},
    )


def rollbacks(story: Story) -> list[str]:
    """How the executions of the rollback machine went, the newest first."""
    machine = story.sandbox.outputs["RollbackStateMachineArn"]
    found = story.aws.client("stepfunctions").list_executions(stateMachineArn=machine)
    return [each["status"] for each in found["executions"]]


def test_nothing_to_do_starts_nothing(story: Story) -> None:
    """A promoted release is looked at again and again, and left alone."""
    story.given_traffic().when_released().when_over().after(minutes=90)
    assert rollbacks(story) == []
    story.then_notifications_are("promoted: checkout:live")


def test_a_dead_execution_that_nobody_told_of_is_rolled_back(story: Story) -> None:
    """Its status event is lost; before the next quarter the alias is split, afterwards whole."""
    lose_events(story)
    story.given_traffic().when_released().when_traffic_shifts().execution_is_stopped()
    story.after(minutes=20).then_alias_is({"1": 1}).then_outcome_is("rolled_back")
    story.then_lock_is_free().then_notifications_are("rolled_back: checkout:live")
    assert "execution ABORTED" in story.item()["reason"]


def test_a_dead_execution_before_traffic_frees_its_lock(story: Story) -> None:
    """There is nothing to put back: it has failed, and can be redriven."""
    lose_events(story)
    story.when_released().when_state_is("SignPackage").execution_is_stopped()
    story.after(minutes=20).then_outcome_is("failed").then_lock_is_free()
    events.delivery().as_usual()
    story.given_traffic().execution_is_redriven().when_over().then_execution_is("SUCCEEDED")
    story.then_alias_is({"2": 1})


def test_a_decision_to_promote_is_finished_not_undone(story: Story) -> None:
    """FinishRelease could not send its message, and the event is lost: it is sent later."""
    lose_events(story)
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "Publish", refused("AuthorizationError"))
    story.when_over().then_execution_is("FAILED", "ClientError").after(minutes=20)
    story.then_outcome_is("promoted").then_alias_is({"2": 1}).then_lock_is_free()
    story.then_notifications_are("promoted: checkout:live")


def test_a_lost_alarm_in_the_guard_window_still_rolls_back(story: Story) -> None:
    """Whatever rule the alarm's event has missed, the alarm is red and since when is known."""
    story.given_traffic().given_deaf_alarms().when_released().when_over()
    lose_events(story)
    story.alarm_fires().after(seconds=30)
    story.then_alias_is({"2": 1})
    story.aws.client("cloudwatch").disable_alarm_actions(AlarmNames=[ALARM])
    hold_red(story)
    story.after(minutes=20).then_alias_is({"1": 1}).then_outcome_is("rolled_back")
    assert ALARM in story.item()["reason"]


def hold_red(story: Story) -> None:
    """The alarm stays red by its own metric."""
    story.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Namespace="Story",
        MetricName="Absent",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )


def test_a_rollback_that_died_is_gone_on_with(story: Story) -> None:
    """The rollback machine is aborted in the middle, for a promoted release: no event says so."""
    story.given_traffic().when_released().when_over().then_alias_is({"2": 1})
    at(story, "UpdateAlias", refused("ThrottlingException"), times=100)
    story.alarm_fires().after(seconds=5)
    machine = story.sandbox.outputs["RollbackStateMachineArn"]
    client = story.aws.client("stepfunctions")
    (running,) = client.list_executions(stateMachineArn=machine)["executions"]
    client.stop_execution(executionArn=running["executionArn"])
    at(story, "UpdateAlias", lambda call: call(), times=1000)
    story.after(minutes=20).then_alias_is({"1": 1}).then_outcome_is("rolled_back")


def test_a_rollback_that_failed_is_tried_again(story: Story) -> None:
    """What Lambda refused once it may grant later; the repeats are told by the outcome alone."""
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "UpdateAlias", refused("AccessDeniedException"))
    at(story, "StopDeployment", refused("AccessDeniedException"), times=1)
    story.alarm_fires().when_over()
    story.after(minutes=20).then_alias_is({"1": 1}).then_outcome_is("rolled_back")


@pytest.mark.parametrize(
    ("weights", "words"),
    [({}, "the next release takes it as stable"), ({"2": 0.3}, "update-alias")],
)
def test_a_foreign_move_is_told_once_and_left(
    story: Story, weights: dict[str, float], words: str
) -> None:
    """Moved or split by someone outside: one message for the move, and nothing is overwritten."""
    story.given_traffic().when_released().when_over()
    point_alias(story, "1", weights)
    story.after(minutes=50)
    told = story.notifications()
    assert [each["Subject"] for each in told] == [
        "promoted: checkout:live",
        "alias_moved: checkout:live",
    ]
    assert words in told[-1]["Message"]
    assert set(story.sandbox.alias(FUNCTION)) == {"1", *weights}
    assert rollbacks(story) == []
    point_alias(story, "2")
    story.after(minutes=20)
