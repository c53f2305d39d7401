"""Bad releases, and releases whose execution dies: the alias ends whole on the stable version."""

import json

import pytest

from tests.pipeline.story import ALARM, FUNCTION, Story


def test_a_bad_version_is_rolled_back_by_its_alarm(story: Story) -> None:
    """The alias is whole on the old version and the execution has failed, with numbers."""
    story.given_traffic().when_released("bad").when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_outcome_is("rolled_back").then_notifications_are("rolled_back: checkout:live")
    story.then_cause_says(ALARM)
    assert story.evidence()["verdicts"][-1]["verdict"] == "roll_back"


def test_an_alarm_in_the_bake_rolls_back(story: Story) -> None:
    """After all traffic has shifted the deployment is over; we put the alias back ourselves."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=7)
    story.then_alias_is({"2": 1}).alarm_fires().when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})


def test_an_alarm_in_the_guard_window_rolls_back_a_promoted_release(story: Story) -> None:
    """The release has ended well; the alarm still undoes it, and says so."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    story.after(minutes=20).alarm_fires().after(minutes=3)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back")
    story.then_notifications_are("promoted: checkout:live", "rolled_back: checkout:live")


def test_an_alarm_after_the_guard_window_changes_nothing(story: Story) -> None:
    """An hour later the release is history."""
    story.given_traffic().when_released().when_over()
    story.after(minutes=61).alarm_fires().after(minutes=3)
    story.then_alias_is({"2": 1}).then_outcome_is("promoted")


def test_an_alarm_that_comes_after_the_rollback_undoes_no_second_release(story: Story) -> None:
    """The verdict is faster than alarms: what they say of a bad version is not said of the last."""
    story.given_traffic(300).when_released().when_over().then_alias_is({"2": 1})
    story.when_released("bad").when_over().then_decided("roll_back", "evidence")
    story.alarm_fires().after(minutes=3).then_alias_is({"2": 1})
    story.after(minutes=6).alarm_fires().after(minutes=3).then_alias_is({"1": 1})


def test_an_alarm_that_guards_nothing_changes_nothing(story: Story) -> None:
    """The rollback machine runs, finds nothing, and succeeds."""
    story.sandbox.add_alarm("canary-unrelated", FUNCTION)
    story.given_traffic().when_released().when_traffic_shifts()
    story.alarm_fires("canary-unrelated").when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1})
    machine = story.sandbox.outputs["RollbackStateMachineArn"]
    runs = story.aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert [each["status"] for each in runs] == ["SUCCEEDED"]


def test_an_alarm_from_before_the_traffic_changes_nothing(story: Story) -> None:
    """Events are late: one that is older than the traffic does not speak of it."""
    story.given_traffic().when_released().when_traffic_shifts()
    story.aws.client("stepfunctions").start_execution(
        stateMachineArn=story.sandbox.outputs["RollbackStateMachineArn"],
        name="late-event",
        input=json.dumps(
            {
                "detail-type": "CloudWatch Alarm State Change",
                "detail": {
                    "alarmName": ALARM,
                    "state": {"value": "ALARM", "timestamp": "2020-01-01T00:00:00.000+0000"},
                },
            }
        ),
    )
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})


@pytest.mark.parametrize("state", ["SignPackage", "WaitForSigning", "PublishVersion"])
def test_an_abort_before_traffic_frees_the_lock(story: Story, state: str) -> None:
    """The release has failed, the alias was never touched, and the next release can start."""
    story.given_traffic().when_released().when_state_is(state).execution_is_stopped()
    story.after(minutes=1).then_execution_is("ABORTED", "Stopped").then_outcome_is("failed")
    story.then_lock_is_free().then_alias_is({"1": 1})
    story.when_released().when_over().then_execution_is("SUCCEEDED")


@pytest.mark.parametrize("minutes", [0, 2, 7])
def test_an_abort_after_traffic_rolls_back(story: Story, minutes: float) -> None:
    """In canary and bake: the rollback machine puts the alias back and frees the lock."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=minutes)
    story.execution_is_stopped().after(minutes=3)
    story.then_execution_is("ABORTED", "Stopped").then_alias_is({"1": 1})
    story.then_outcome_is("rolled_back").then_lock_is_free()


def test_a_machine_time_out_rolls_back(story: Story) -> None:
    """No Catch sees the machine's own time-out; the rule does."""
    client = story.aws.client("stepfunctions")
    machine = story.sandbox.outputs["ReleaseStateMachineArn"]
    definition = json.loads(client.describe_state_machine(stateMachineArn=machine)["definition"])
    definition["TimeoutSeconds"] = 200
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition))
    story.given_traffic().when_released().when_over()
    story.then_execution_is("TIMED_OUT").then_alias_is({"1": 1}).then_outcome_is("rolled_back")


def test_someone_else_moving_the_alias_is_reported_and_left(story: Story) -> None:
    """The alias stays where someone outside put it; the execution fails and says what to type."""
    client = story.aws.client("lambda")
    client.update_function_configuration(FunctionName=FUNCTION, MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    client.publish_version(FunctionName=FUNCTION)
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=7)
    client.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="2", RoutingConfig={})
    story.alias_before = story.sandbox.alias(FUNCTION)
    story.when_over().then_execution_is("FAILED", "RollbackFailed").then_alias_is({"2": 1})
    story.then_cause_says("AliasMovedError", "aws lambda update-alias")
    story.then_outcome_is("rollback_failed")


def test_a_refusal_before_traffic_changes_nothing(story: Story) -> None:
    """An alarm that is red when traffic should start refuses the release."""
    story.given_traffic().when_released().when_state_is("PublishVersion").alarm_fires()
    story.when_over().then_execution_is("FAILED", "ReleaseRefused").then_alias_is({"1": 1})
    story.then_cause_says("AlarmCoverageError").then_outcome_is("refused")


def test_the_next_release_after_a_rollback(story: Story) -> None:
    """A rolled back release leaves nothing in the way of the fix."""
    story.given_traffic().when_released("bad").when_over()
    story.after(minutes=5).when_released("good").when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"3": 1})


def test_a_release_that_failed_before_traffic_can_be_redriven(story: Story) -> None:
    """The failed step runs again, takes the lock back, and the release completes."""
    client = story.aws.client("lambda")
    story.given_traffic().when_released().when_state_is("SignPackage")
    config = {"CodeSigningConfigArn": story.sandbox.outputs["CodeSigningConfigArn"]}
    allowed = client.get_code_signing_config(**config)["CodeSigningConfig"]["AllowedPublishers"]
    other = story.aws.client("signer").put_signing_profile(
        profileName="other", platformId="AWSLambda-SHA384-ECDSA"
    )["profileVersionArn"]
    client.update_code_signing_config(
        **config, AllowedPublishers={"SigningProfileVersionArns": [other]}
    )
    story.when_over().then_execution_is("FAILED", "PublishFailedError").then_outcome_is("failed")
    story.then_lock_is_free().then_alias_is({"1": 1}).then_cause_says("CodeVerificationFailed")
    client.update_code_signing_config(**config, AllowedPublishers=allowed)
    story.aws.client("stepfunctions").redrive_execution(executionArn=story.execution)
    story.when_over().then_execution_is("SUCCEEDED").then_outcome_is("promoted")


def test_a_redrive_after_another_release_is_stale(story: Story) -> None:
    """What was planned against version 1 must not go over version 2."""
    client = story.aws.client("stepfunctions")
    story.given_traffic().when_released("bad").when_state_is("SignPackage")
    first = story.execution
    story.execution_is_stopped().after(minutes=1)
    story.when_released("good").when_over().then_execution_is("SUCCEEDED")
    story.execution = first
    client.redrive_execution(executionArn=first)
    story.when_over().then_execution_is("FAILED", "ReleaseStaleError").then_alias_is({"2": 1})
    story.then_lock_is_free()
