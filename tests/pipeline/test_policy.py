"""The policy in force: request, function's stored defaults, stack; floors; alarms passed over."""

from typing import Any

import pytest

from tests.pipeline.conftest import Tell
from tests.pipeline.story import ALARM, FUNCTION, Story

STRICT = {"AlarmPolicy": "strict"}
FIX_FORWARD = {"AllowFixForward": "true"}


def refused(story: Story, error: str, *words: str, **policy: Any) -> None:
    """The request ends at its first state, and changes nothing."""
    story.when_released(policy=policy).when_over().then_execution_is("FAILED", error)
    story.then_cause_says(*words, "Nothing changed").then_lock_is_free()


def planned(story: Story, **policy: Any) -> dict[str, Any]:
    """The policy of a dry run's plan."""
    story.when_released(policy=policy, dryRun=True).when_over().then_execution_is("SUCCEEDED")
    plan = story.plan()
    return dict(plan["policy"])


def test_the_request_goes_before_the_function_before_the_stack(tell: Tell) -> None:
    """Each says what it says; the rest comes from the next."""
    story = tell(None, {"BakeMinutes": "7", "MinimumCalls": "11", "OnInconclusive": "roll_back"})
    story.given_policy_defaults(minimumCalls=22, evidenceThreshold=33)
    policy = planned(story, evidenceThreshold=44)
    assert (policy["bakeMinutes"], policy["minimumCalls"]) == (7, 22)
    assert (policy["evidenceThreshold"], policy["onInconclusive"]) == (44, "roll_back")
    assert (policy["endEarly"], policy["latencySloMs"]) == (False, None)


@pytest.mark.parametrize(
    ("defaults", "words"),
    [
        ({"bakeMinuts": 3}, ("stored policy defaults of checkout:live", "bakeMinuts")),
        ({"evidenceThreshold": 2}, ("stored policy defaults", "evidenceThreshold")),
        ({"fixForward": [ALARM]}, ("stored policy defaults", "one release only")),
    ],
)
def test_stored_defaults_that_are_wrong_refuse_the_release(
    story: Story, defaults: dict[str, Any], words: tuple[str, ...]
) -> None:
    """A misspelt safeguard is never silently off."""
    story.given_policy_defaults(**defaults)
    refused(story, "InvalidRequestError", *words)


@pytest.mark.parametrize(
    "policy",
    [
        {"evidenceThreshold": 9},
        {"evidenceThreshold": 1_000_001},
        {"minimumCalls": -1},
        {"maxErrorRate": 0},
        {"maxErrorRate": 1.1},
        {"latencySloMs": 0},
        {"onInconclusive": "maybe"},
        {"endEarly": "yes"},
        {"fixForward": ["x"] * 11},
    ],
)
def test_a_policy_beyond_its_bounds_is_refused(story: Story, policy: dict[str, Any]) -> None:
    """The error names the member."""
    refused(story, "InvalidRequestError", f"policy.{next(iter(policy))}", **policy)


def test_nobody_goes_below_the_stack_s_floor(tell: Tell) -> None:
    """Neither the request nor the stored defaults can ask for less than `AlarmPolicy`."""
    story = tell(None, STRICT)
    refused(story, "InvalidRequestError", "policy.alarms", "AlarmPolicy", alarms="normal")
    story.given_policy_defaults(alarms="normal")
    refused(story, "InvalidRequestError", "stored defaults", "AlarmPolicy")


# -- alarms that are red because of the stable version ---------------------------------------------


def test_fix_forward_needs_the_stack_s_leave(story: Story) -> None:
    """Without `AllowFixForward` a red alarm is passed over by nobody."""
    story.alarm_fires()
    refused(story, "InvalidRequestError", "AllowFixForward", fixForward=[ALARM])


def test_a_red_alarm_does_not_block_the_release_that_fixes_it(tell: Tell) -> None:
    """It leaves this deployment's alarms, the other one stays, and the record says so."""
    story = tell(None, FIX_FORWARD)
    story.sandbox.add_alarm("canary-other", FUNCTION)
    group = {"applicationName": story.sandbox.outputs["ApplicationName"]}
    story.aws.client("codedeploy").update_deployment_group(
        **group,
        currentDeploymentGroupName=f"{FUNCTION}-live",
        alarmConfiguration={"enabled": True, "alarms": [{"name": ALARM}, {"name": "canary-other"}]},
    )
    keep_red(story)
    story.given_traffic().when_released(policy={"fixForward": [ALARM]}).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1})
    deployment = story.aws.client("codedeploy").get_deployment(
        deploymentId=story.item()["deploymentId"]
    )["deploymentInfo"]
    assert deployment["overrideAlarmConfiguration"]["alarms"] == [{"name": "canary-other"}]
    plan = story.plan()
    assert plan["alarms"] == ["canary-other"]
    assert f"alarm {ALARM} is passed over" in plan["warnings"]
    assert f"no alarm seen ({ALARM} passed over)" in story.item()["reason"]


def test_a_group_s_only_alarm_can_be_passed_over(tell: Tell) -> None:
    """Evidence still judges: a fix that is no fix is rolled back."""
    story = tell(None, FIX_FORWARD)
    keep_red(story)
    story.given_traffic(300).when_released("bad", policy={"fixForward": [ALARM]}).when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"1": 1})
    story.then_decided("roll_back", "evidence")


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (["canary-typo"], "InvalidRequestError", "canary-typo"),
        ([ALARM], "AlarmCoverageError", "no other alarm watches"),
    ],
)
def test_what_cannot_be_passed_over(tell: Tell, names: list[str], error: str, words: str) -> None:
    """An alarm that the group does not have; and under `strict`, anything."""
    story = tell(None, FIX_FORWARD)
    refused(story, error, words, fixForward=names, alarms="strict")


@pytest.mark.parametrize("allowed", [True, False])
def test_the_right_to_pass_over_alarms_comes_with_the_parameter(tell: Tell, allowed: bool) -> None:
    """CreateDeployment asks for UpdateDeploymentGroup where it overrides the group's alarms."""
    story = tell(None, FIX_FORWARD if allowed else {})
    client = story.aws.client("iam")
    roles = [each["RoleName"] for each in client.list_roles()["Roles"]]
    (role,) = [each for each in roles if "StartDeploymentRole" in each]
    policy = client.get_role_policy(RoleName=role, PolicyName="StartDeployment")["PolicyDocument"]
    assert ("codedeploy:UpdateDeploymentGroup" in str(policy)) is allowed


def keep_red(story: Story) -> None:
    """The alarm is in ALARM, and stays there."""
    story.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Namespace="Elsewhere",
        MetricName="Broken",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="breaching",
    )
    story.after(minutes=2)
