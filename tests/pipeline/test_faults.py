"""Lost answers, throttles, rivals, and CodeDeploy as a second writer: the alias ends whole."""

import json

import pytest
from botocore.exceptions import ConnectTimeoutError

from canary.localaws import codedeploy
from canary.localaws.sandbox import archive_of
from release.verdict import UNREADABLE_TURNS
from tests.pipeline.faults import at, first, followed_by, refused
from tests.pipeline.story import ALARM, EXAMPLES, FUNCTION, Story


def test_a_world_that_cannot_be_read_twice_goes_on(story: Story) -> None:
    """An unreadable minute is an error, and waits."""
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "GetMetricData", refused("Throttling"), times=UNREADABLE_TURNS - 1)
    story.when_over().then_execution_is("SUCCEEDED")
    verdicts = [each["verdict"] for each in story.evidence()["verdicts"]]
    assert verdicts.count("error") == UNREADABLE_TURNS - 1


def test_a_world_that_cannot_be_read_three_times_is_rolled_back(story: Story) -> None:
    """Unknown is never safe."""
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "GetMetricData", refused("Throttling"), times=UNREADABLE_TURNS)
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_cause_says("unreadable 3 times", "Throttling")


def test_an_alarm_that_disappears_is_rolled_back(story: Story) -> None:
    """CodeDeploy stops a deployment whose alarm it cannot read; so do we."""
    story.given_traffic().when_released().when_traffic_shifts()
    story.aws.client("cloudwatch").delete_alarms(AlarmNames=[ALARM])
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})


def test_a_rival_write_to_the_alias_is_looked_at_again(story: Story) -> None:
    """The revision has changed between reading and writing: the next turn writes."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=7)
    client = story.aws.client("lambda")

    def rival() -> None:
        client.update_alias(FunctionName=FUNCTION, Name="live", Description="touched")

    story.alarm_fires().when_state_is("EvaluateCanary")
    at(story, "GetAlias", followed_by(rival))
    story.when_over().then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})


def test_a_rival_deployment_refuses_the_release(story: Story) -> None:
    """Another tool deploys in our group between validation and traffic."""
    from release.deploying import app_spec

    client = story.aws.client("lambda")
    client.update_function_configuration(FunctionName=FUNCTION, MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    client.publish_version(FunctionName=FUNCTION)
    client.get_waiter("published_version_active").wait(FunctionName=FUNCTION, Qualifier="2")
    story.given_traffic().when_released().when_state_is("PublishVersion")
    story.aws.client("codedeploy").create_deployment(
        applicationName=story.sandbox.outputs["ApplicationName"],
        deploymentGroupName=f"{FUNCTION}-live",
        deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes",
        revision={
            "revisionType": "AppSpecContent",
            "appSpecContent": {"content": json.dumps(app_spec(FUNCTION, "live", "1", "2"))},
        },
    )
    story.alias_before = {"2": 1}
    story.when_over().after(minutes=6)
    story.then_alias_is({"2": 1}).then_lock_is_free()
    assert story.item()["outcome"] in {"refused", "failed"}


def test_an_alarm_while_the_deployment_is_created_rolls_back(story: Story) -> None:
    """The rollback machine has not seen our deployment; we stop it ourselves."""
    story.given_traffic()
    request = story.request()
    at(story, "CreateDeployment", followed_by(story.alarm_fires))
    story.when_requested(request).when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})


def test_codedeploy_restoring_another_version_is_overwritten(story: Story) -> None:
    """Its last good revision can be older than ours; that one is ours to correct."""
    story.given_traffic().when_released("good").when_over().then_execution_is("SUCCEEDED")
    codedeploy.faults(story.aws).rollback_restores = "1"
    story.when_released("bad").when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"2": 1})


def test_codedeploy_failing_to_roll_back_is_made_good(story: Story) -> None:
    """We write the alias ourselves."""
    story.given_traffic()
    codedeploy.faults(story.aws).rollback_fails = True
    story.when_released("bad").when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})


def test_a_package_that_is_signed_already_fails_at_signing(story: Story) -> None:
    """Signer refuses it; the execution can be redriven, the lock is free."""
    story.given_traffic().when_released().when_over()
    bucket = story.sandbox.outputs["ArtifactBucket"]
    signed = (
        story.aws.client("s3")
        .get_object(Bucket=bucket, Key=story.item()["signing"]["key"])["Body"]
        .read()
    )
    request = story.request() | {"package": story.sandbox.upload(signed, "incoming/signed.zip")}
    story.when_requested(request).when_over().then_execution_is("FAILED", "SigningFailedError")
    story.then_lock_is_free().then_alias_is({"2": 1}).then_outcome_is("failed")


def test_an_alias_that_moves_before_the_lock_is_taken_frees_it(story: Story) -> None:
    """The last look of ValidateRelease is at the alias."""
    client = story.aws.client("lambda")
    client.update_function_configuration(FunctionName=FUNCTION, MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    client.publish_version(FunctionName=FUNCTION)
    client.get_waiter("published_version_active").wait(FunctionName=FUNCTION, Qualifier="2")
    request = story.request()

    def move() -> None:
        client.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="2")

    at(story, "TransactWriteItems", first(move))
    story.alias_before = {"2": 1}
    story.when_requested(request).when_over().then_execution_is("FAILED", "TargetNotReadyError")
    story.then_lock_is_free().then_cause_says("serves 2")


ALARM_EVENT = "CloudWatch Alarm State Change"
EXECUTION_EVENT = "Step Functions Execution Status Change"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"detail-type": ALARM_EVENT},
        {"detail-type": ALARM_EVENT, "detail": {"alarmName": ALARM}},
        {"detail-type": ALARM_EVENT, "detail": {"alarmName": ALARM, "state": {"value": "ALARM"}}},
        {
            "detail-type": ALARM_EVENT,
            "detail": {"alarmName": ALARM, "state": {"value": "ALARM", "timestamp": "noon"}},
        },
        {"detail-type": EXECUTION_EVENT, "detail": None},
        {"detail-type": EXECUTION_EVENT, "detail": {"executionArn": []}},
        {"detail-type": "something else", "detail": {}},
    ],
)
def test_a_malformed_event_changes_nothing(story: Story, event: object) -> None:
    """The rollback machine fails with a clear error."""
    client = story.aws.client("stepfunctions")
    arn = client.start_execution(
        stateMachineArn=story.sandbox.outputs["RollbackStateMachineArn"],
        name="forged",
        input=json.dumps(event),
    )["executionArn"]
    ended = story.sandbox.run(arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidRequestError")
    assert "Nothing changed" in ended["cause"]
    assert story.items() == []


def test_the_end_of_an_unknown_execution_changes_nothing(story: Story) -> None:
    """A release that was refused before it took its lock has no item."""
    arn = story.aws.client("stepfunctions").start_execution(
        stateMachineArn=story.sandbox.outputs["RollbackStateMachineArn"],
        name="unknown",
        input=json.dumps({"detail-type": EXECUTION_EVENT, "detail": {"executionArn": "a:b:c"}}),
    )["executionArn"]
    assert story.sandbox.run(arn)["status"] == "SUCCEEDED"
    assert story.items() == []


def test_codedeploy_being_away_does_not_keep_the_alias(story: Story) -> None:
    """In the guard window there is nothing to stop; the alias goes back all the same."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    at(story, "StopDeployment", refused("InternalFailure"), times=5)
    story.alarm_fires().after(seconds=5).then_alias_is({"1": 1})
    story.after(minutes=3).then_outcome_is("rolled_back")


def test_a_deployment_group_that_is_gone_does_not_keep_the_alias(story: Story) -> None:
    """Someone replaced the group after the release."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    story.aws.client("codedeploy").delete_deployment_group(
        applicationName=story.sandbox.outputs["ApplicationName"],
        deploymentGroupName=f"{FUNCTION}-live",
    )
    story.alarm_fires().after(minutes=3)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back")


def test_no_connection_is_asked_again(story: Story) -> None:
    """A connect timeout is no answer, like a read timeout."""

    def no_connection(_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://aws")

    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "GetAlias", no_connection, times=2)
    story.execution_is_stopped().after(minutes=5)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back").then_lock_is_free()


def test_an_alias_that_cannot_be_written_is_told(story: Story) -> None:
    """The loudest outcome, and the command to type; the lock is free."""
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "UpdateAlias", refused("AccessDeniedException"), times=99)
    story.execution_is_stopped().after(minutes=5).then_outcome_is("rollback_failed")
    story.then_notifications_are("rollback_failed: checkout:live").then_lock_is_free()
    assert "aws lambda update-alias --function-name checkout" in story.item()["reason"]
    story.alias_before = story.sandbox.alias(FUNCTION)


def test_an_execution_that_is_said_to_run_after_its_end_is_asked_again(story: Story) -> None:
    """DescribeExecution may lag behind the event."""
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "DescribeExecution", lambda call: call() | {"status": "RUNNING"}, times=2)
    story.execution_is_stopped().after(minutes=5)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back").then_lock_is_free()


def test_evidence_that_cannot_be_written_rolls_nothing_back(story: Story) -> None:
    """A verdict does not hang on its record; the next turn writes it."""
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "PutObject", refused("AccessDenied"))
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})


def test_a_finish_that_dies_half_way_is_finished(story: Story) -> None:
    """The outcome is stored and the lock free; the rollback machine sends what is missing."""
    story.given_traffic().when_released().when_traffic_shifts()
    at(story, "Publish", refused("AuthorizationError"))
    story.when_over().then_execution_is("FAILED", "ClientError").then_alias_is({"2": 1})
    story.then_outcome_is("promoted").then_lock_is_free()
    story.then_notifications_are("promoted: checkout:live")


def test_a_release_that_failed_leaves_the_guard_of_the_one_before(story: Story) -> None:
    """The alarm still guards the promoted release, once the newer one is undone."""
    story.given_traffic().when_released("good").when_over().then_execution_is("SUCCEEDED")
    first_release = story.release
    story.when_released("bad").when_over().then_execution_is("FAILED", "ReleaseRolledBack")
    story.then_alias_is({"2": 1}).after(minutes=6).alarm_fires().after(minutes=3)
    story.then_alias_is({"1": 1})
    items = {each["release"]: each for each in story.items() if each["sk"] == "release"}
    assert items[first_release]["outcome"] == "rolled_back"


def test_secrets_in_the_request_are_not_kept(story: Story) -> None:
    """Neither the table nor the evidence has the values of environment variables."""
    story.given_traffic().when_released(configuration={"environment": {"TOKEN": "s3cr3t-value"}})
    story.when_over().then_execution_is("SUCCEEDED")
    assert "s3cr3t-value" not in json.dumps([story.items(), story.evidence()])
    version = story.aws.client("lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier="2"
    )
    assert version["Environment"]["Variables"] == {"TOKEN": "s3cr3t-value"}


def test_a_forged_progress_is_not_believed(story: Story) -> None:
    """What a rollback has found out comes from itself alone."""
    story.given_traffic().when_released().when_over().after(minutes=70)
    arn = story.aws.client("stepfunctions").start_execution(
        stateMachineArn=story.sandbox.outputs["RollbackStateMachineArn"],
        name="forged",
        input=json.dumps({"rollback": {"releases": [{"release": story.release}]}}),
    )["executionArn"]
    assert story.sandbox.run(arn)["error"] == "InvalidRequestError"
    story.then_alias_is({"2": 1}).then_outcome_is("promoted")


def test_a_way_back_that_lambda_refuses_is_told(story: Story) -> None:
    """RollBack itself cannot run: the rollback machine says so for every release that it meant."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    name = next(
        each["FunctionName"]
        for each in story.aws.client("lambda").list_functions()["Functions"]
        if "RollBack" in each["FunctionName"]
    )
    story.aws.client("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=0
    )
    story.alarm_fires().after(minutes=40)
    story.then_outcome_is("rollback_failed").then_lock_is_free()
    story.then_notifications_are("promoted: checkout:live", "rollback_failed: checkout:live")
    assert story.item()["reason"].count("aws lambda update-alias") == 1
    story.alias_before = story.sandbox.alias(FUNCTION)


def test_a_deleted_alias_is_told_with_what_makes_it_anew(story: Story) -> None:
    """`update-alias` could not work."""
    story.when_released().when_traffic_shifts().after(minutes=7)
    story.aws.client("lambda").delete_alias(FunctionName=FUNCTION, Name="live")
    story.sandbox.run(story.execution)
    story.then_execution_is("FAILED", "RollbackFailed").then_cause_says("create-alias")
    story.aws.client("lambda").create_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="1")


def test_a_rollback_ends_only_when_codedeploy_is_done(story: Story) -> None:
    """The alias is seen whole twice, a turn apart."""
    story.given_traffic().when_released("bad").when_over()
    assert story.states().count("RollBack") >= 2


def test_our_stop_does_not_let_codedeploy_roll_back(story: Story) -> None:
    """Whoever stops a deployment writes the alias; a second writer would race us."""
    story.given_traffic().when_released().when_traffic_shifts().execution_is_stopped()
    story.after(minutes=3).then_outcome_is("rolled_back")
    client = story.aws.client("codedeploy")
    ids = client.list_deployments()["deployments"]
    creators = [client.get_deployment(deploymentId=each)["deploymentInfo"] for each in ids]
    assert {each["creator"] for each in creators} == {"user"}


def test_a_version_that_nobody_signed_receives_no_traffic(story: Story) -> None:
    """Where the function's config only warns, we look ourselves."""
    config = {"CodeSigningConfigArn": story.sandbox.outputs["CodeSigningConfigArn"]}
    client = story.aws.client("lambda")
    allowed = client.get_code_signing_config(**config)["CodeSigningConfig"]["AllowedPublishers"]
    other = story.aws.client("signer").put_signing_profile(
        profileName="other", platformId="AWSLambda-SHA384-ECDSA"
    )["profileVersionArn"]
    client.update_code_signing_config(
        **config, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"}
    )
    story.given_traffic().when_released().when_state_is("SignPackage")
    client.update_code_signing_config(
        **config, AllowedPublishers={"SigningProfileVersionArns": [other]}
    )
    story.when_over().then_execution_is("FAILED", "PublishFailedError").then_alias_is({"1": 1})
    story.then_cause_says("signed by nobody", "receives no traffic")
    client.update_code_signing_config(**config, AllowedPublishers=allowed)


def test_a_late_event_of_a_redriven_execution_changes_nothing(story: Story) -> None:
    """It speaks of the run before: the release goes on."""
    client = story.aws.client("stepfunctions")
    story.given_traffic().when_released().when_state_is("SignPackage").execution_is_stopped()
    story.after(minutes=1)
    client.redrive_execution(executionArn=story.execution)
    story.when_traffic_shifts()
    detail = {"executionArn": story.execution, "status": "ABORTED", "redriveCount": 0}
    client.start_execution(
        stateMachineArn=story.sandbox.outputs["RollbackStateMachineArn"],
        name="late",
        input=json.dumps({"detail-type": EXECUTION_EVENT, "detail": detail}),
    )
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})


def test_a_good_version_after_a_rollback_is_nothing_new(story: Story) -> None:
    """The rollback has put back what the pointer knows."""
    story.given_traffic().when_released("good").when_over()
    story.when_released("bad").when_over().after(minutes=6)
    story.when_released("good").when_over()
    story.then_execution_is("FAILED", "NothingToReleaseError").then_alias_is({"2": 1})


def test_the_examples_differ() -> None:
    """The stories would show nothing if all versions were the same."""
    packages = {archive_of(EXAMPLES / name) for name in ("stable", "good", "bad")}
    assert len(packages) == 3
