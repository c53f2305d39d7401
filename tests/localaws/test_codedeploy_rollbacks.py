"""Deployments that are stopped or fail while traffic moves, and how CodeDeploy rolls them back."""

from datetime import datetime, timedelta
from typing import Any

from canary.localaws import LocalAws, codedeploy
from tests.localaws.deployments import (
    alarms,
    alias,
    app_spec,
    deploy,
    described,
    hook,
    lifecycle,
    move_alias,
    prepare,
    put_alarm,
    rollback_of,
    sound,
    target,
)

ALARM_MESSAGE = (
    "One or more alarms have been activated according to the Amazon CloudWatch metrics you "
    "selected, and the affected deployments have been stopped. Activated alarms: "
)


def duration(info: dict[str, Any]) -> timedelta:
    """From start to end."""
    started: datetime = info["startTime"]
    ended: datetime = info["completeTime"]
    return ended - started


# -- alarms ----------------------------------------------------------------------------------------


def test_an_alarm_stops_the_canary_and_the_alias_goes_back(aws: LocalAws) -> None:
    """Within 16 seconds of the alarm the alias is whole on the old version again."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    id_ = deploy(aws)
    aws.clock.advance(61.3)
    assert alias(aws) == ("1", {"2": 0.1})
    sound(aws)
    aws.clock.advance(16)
    assert alias(aws) == ("1", {})
    info = described(aws, id_)
    assert info["status"] == "Stopped"
    assert info["errorInformation"] == {"code": "ALARM_ACTIVE", "message": ALARM_MESSAGE + "errors"}
    assert info["deploymentOverview"]["Failed"] == 1
    assert lifecycle(aws, id_) == ["Succeeded", "Failed", "Skipped"]
    assert target(aws, id_)["status"] == "Failed"


def test_both_sides_of_a_rollback_tell_of_each_other(aws: LocalAws) -> None:
    """The rollback is a deployment of its own, and each names the other in AWS's words."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    id_ = deploy(aws)
    aws.clock.advance(60)
    sound(aws)
    aws.clock.advance(20)
    back = rollback_of(aws, id_)
    assert described(aws, id_)["rollbackInfo"] == {
        "rollbackDeploymentId": back,
        "rollbackMessage": f"Deployment {id_} terminated. Automatic rollback is triggered with a "
        f"DeploymentId {back}.",
    }
    info = described(aws, back)
    assert (info["status"], info["creator"]) == ("Succeeded", "codeDeployRollback")
    assert info["rollbackInfo"] == {
        "rollbackTriggeringDeploymentId": id_,
        "rollbackMessage": f"Deployment {back} is triggered to roll back deployment {id_}.",
    }
    assert lifecycle(aws, back) == ["Succeeded"] * 3
    assert target(aws, back)["lambdaFunctionInfo"]["targetVersion"] == "1"
    assert duration(info) < timedelta(seconds=6)


def test_an_alarm_that_is_on_already_stops_at_once(aws: LocalAws) -> None:
    """Stopped within a second, the alias never changed, and still a rollback that succeeds."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    sound(aws)
    revision = aws.client("lambda").get_alias(FunctionName="orders", Name="live")["RevisionId"]
    id_ = deploy(aws)
    aws.clock.advance(20)
    info = described(aws, id_)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert timedelta(seconds=0.6) < duration(info) < timedelta(seconds=0.8)
    assert described(aws, rollback_of(aws, id_))["status"] == "Succeeded"
    after = aws.client("lambda").get_alias(FunctionName="orders", Name="live")["RevisionId"]
    assert after == revision


def test_all_active_alarms_are_named(aws: LocalAws) -> None:
    """The message lists each alarm that is on, and no other; a composite one counts."""
    prepare(aws, alarmConfiguration=alarms("errors", "slow", "any"))
    put_alarm(aws)
    put_alarm(aws, "slow")
    aws.client("cloudwatch").put_composite_alarm(
        AlarmName="any", AlarmRule='ALARM("errors") OR ALARM("slow")'
    )
    id_ = deploy(aws)
    aws.clock.advance(60)
    sound(aws)
    aws.clock.advance(20)
    assert described(aws, id_)["errorInformation"]["message"] == ALARM_MESSAGE + "errors any"


def test_too_little_data_does_not_stop(aws: LocalAws) -> None:
    """INSUFFICIENT_DATA and OK let the deployment go on."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    id_ = deploy(aws)
    aws.clock.advance(100)
    sound(aws, state="OK")
    aws.clock.advance(300)
    assert described(aws, id_)["status"] == "Succeeded"


def test_an_alarm_that_cannot_be_read_stops(aws: LocalAws) -> None:
    """An unknown alarm stops the deployment, unless the configuration ignores that."""
    prepare(aws, alarmConfiguration=alarms("gone"))
    id_ = deploy(aws)
    aws.clock.advance(20)
    info = described(aws, id_)
    assert info["status"] == "Stopped"
    assert "gone" in info["errorInformation"]["message"]
    lenient = deploy(aws, overrideAlarmConfiguration=alarms("gone", ignorePollAlarmFailure=True))
    aws.clock.advance(400)
    assert described(aws, lenient)["status"] == "Succeeded"


def test_override_alarms_replace_those_of_the_group(aws: LocalAws) -> None:
    """The group's alarm is not polled where the deployment brings its own configuration."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    sound(aws)
    id_ = deploy(aws, overrideAlarmConfiguration={"enabled": False})
    aws.clock.advance(400)
    assert described(aws, id_)["status"] == "Succeeded"


def test_alarms_are_watched_until_the_end(aws: LocalAws) -> None:
    """An alarm while the hook after all traffic runs still takes the traffic back."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    hook(aws, "CodeDeployHook_after", None)
    id_ = deploy(
        aws, content=app_spec("1", "2", hooks={"AfterAllowTraffic": "CodeDeployHook_after"})
    )
    aws.clock.advance(310)
    assert alias(aws) == ("2", {})
    sound(aws)
    aws.clock.advance(20)
    assert lifecycle(aws, id_) == ["Succeeded", "Succeeded", "Failed"]
    assert alias(aws) == ("1", {})


# -- what a rollback restores ----------------------------------------------------------------------


def test_a_rollback_restores_the_last_good_revision_of_the_group(aws: LocalAws) -> None:
    """Even where the alias had been moved past CodeDeploy since then."""
    prepare(aws, versions=4, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    good = deploy(aws, "1", "2")
    aws.clock.advance(400)
    move_alias(aws, "3")
    bad = deploy(aws, "3", "4")
    aws.clock.advance(60)
    sound(aws)
    aws.clock.advance(20)
    assert alias(aws) == ("2", {})
    back = described(aws, rollback_of(aws, bad))
    assert back["revision"] == described(aws, good)["revision"]
    assert described(aws, bad)["previousRevision"] == back["revision"]


def test_a_rollback_overwrites_who_comes_between(aws: LocalAws) -> None:
    """CodeDeploy is a second writer: what someone writes between stop and rollback is lost."""
    prepare(aws, versions=3, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    sound(aws)
    deploy(aws)
    aws.clock.advance(2)
    move_alias(aws, "3")
    aws.clock.advance(20)
    assert alias(aws) == ("1", {})


def test_without_automatic_rollback_the_alias_stays_split(aws: LocalAws) -> None:
    """No rollback deployment, and the next deployment fails on the split alias."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    id_ = deploy(aws, autoRollbackConfiguration={"enabled": False})
    aws.clock.advance(60)
    sound(aws)
    aws.clock.advance(20)
    assert alias(aws) == ("1", {"2": 0.1})
    assert "rollbackInfo" not in described(aws, id_)
    sound(aws, state="OK")
    again = deploy(aws, autoRollbackConfiguration={"enabled": False})
    aws.clock.advance(20)
    info = described(aws, again)
    assert info["status"] == "Failed"
    assert info["errorInformation"]["code"] == "INVALID_LAMBDA_CONFIGURATION"


def test_a_rollback_only_follows_the_events_that_are_listed(aws: LocalAws) -> None:
    """A configuration for failures does not answer to alarms."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    sound(aws)
    id_ = deploy(aws, autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]})
    aws.clock.advance(20)
    assert "rollbackInfo" not in described(aws, id_)


def test_a_rollback_can_be_made_to_fail(aws: LocalAws) -> None:
    """The fault happens once, leaves the alias split and starts no further rollback."""
    prepare(aws, alarmConfiguration=alarms("errors"))
    put_alarm(aws)
    codedeploy.faults(aws).rollback_fails = True
    id_ = deploy(aws)
    aws.clock.advance(60)
    sound(aws)
    aws.clock.advance(60)
    back = described(aws, rollback_of(aws, id_))
    assert back["status"] == "Failed"
    assert alias(aws) == ("1", {"2": 0.1})
    assert not codedeploy.faults(aws).rollback_fails
    assert len(aws.client("codedeploy").list_deployments()["deployments"]) == 2


def test_a_rollback_can_be_made_to_restore_another_version(aws: LocalAws) -> None:
    """The alias goes where the fault says, and target and revision say so too."""
    prepare(aws, versions=3)
    codedeploy.faults(aws).rollback_restores = "3"
    id_ = deploy(aws)
    aws.clock.advance(60)
    aws.client("codedeploy").stop_deployment(deploymentId=id_)
    aws.clock.advance(20)
    assert alias(aws) == ("3", {})
    back = rollback_of(aws, id_)
    assert target(aws, back)["lambdaFunctionInfo"]["targetVersion"] == "3"
    found = aws.client("codedeploy").get_application_revision(
        applicationName="shop", revision=described(aws, back)["revision"]
    )
    assert '"TargetVersion": "3"' in found["revision"]["appSpecContent"]["content"]
