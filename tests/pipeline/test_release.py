"""Good releases: every state in order, and what they leave behind."""

import json

import pytest

from canary.localaws import LocalAws
from tests.pipeline.story import FUNCTION, Story

CONFIGS = [
    "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    "CodeDeployDefault.LambdaCanary10Percent10Minutes",
    "CodeDeployDefault.LambdaCanary10Percent15Minutes",
    "CodeDeployDefault.LambdaCanary10Percent30Minutes",
    "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    "CodeDeployDefault.LambdaLinear10PercentEvery2Minutes",
    "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes",
    "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes",
    "CodeDeployDefault.LambdaAllAtOnce",
]


def test_a_good_version_is_promoted(story: Story) -> None:
    """The alias serves the new version alone, and the record says why with numbers."""
    story.given_traffic().when_released().when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1}).then_outcome_is("promoted")
    story.then_notifications_are("promoted: checkout:live")
    item = story.item()
    assert "version 2 failed 0 of " in item["reason"]
    assert item["newVersion"] == "2"


def test_the_pipeline_runs_its_states_in_order(story: Story) -> None:
    """Validate, sign, publish, deploy, judge, finish."""
    story.given_traffic().when_released().when_over()
    entered = list(dict.fromkeys(story.states()))
    tasks = [state for state in entered if not state.startswith(("Is", "Wait", "How"))]
    assert tasks == [
        "ValidateRelease",
        "SignPackage",
        "PublishVersion",
        "ProbeVersion",
        "StartDeployment",
        "EvaluateCanary",
        "FinishRelease",
        "ReleasePromoted",
    ]


def test_the_alias_is_split_during_the_canary(story: Story) -> None:
    """Ten percent go to the new version while the old one stays the main one."""
    story.given_traffic().when_released().when_traffic_shifts()
    story.then_alias_is({"1": 0.9, "2": 0.1})


def test_the_new_version_is_signed(story: Story) -> None:
    """The published version carries the stack's profile, and the record the signing job."""
    story.given_traffic().when_released().when_over()
    version = story.aws.client("lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier="2"
    )
    profile = story.sandbox.outputs["SigningProfileName"]
    assert f"/signing-profiles/{profile}/" in version["SigningProfileVersionArn"]
    assert version["SigningJobArn"].endswith(story.item()["signing"]["jobId"])


def test_the_evidence_tells_the_whole_release(story: Story) -> None:
    """Plan, signing job, version, deployment, each minute's numbers and verdict, outcome."""
    story.given_traffic().when_released(change={"commit": "abc123"}).when_over()
    evidence = story.evidence()
    release = evidence["release"]
    assert release["outcome"] == "promoted"
    assert release["plan"]["change"]["commit"] == "abc123"
    assert release["signing"]["jobId"]
    assert release["deploymentId"].startswith("d-")
    assert evidence["verdicts"][-1]["verdict"] == "promote"
    calls = [each["canary"]["calls"] + each["stable"]["calls"] for each in evidence["minutes"]]
    assert len(calls) >= 14
    assert set(calls[1:-1]) == {60}


@pytest.mark.parametrize("config", CONFIGS)
def test_each_deployment_config_promotes(story: Story, config: str) -> None:
    """All nine predefined Lambda configs run through to promotion."""
    story.given_traffic(30).when_released(
        deployment={"config": config}, policy={"bakeMinutes": 2}
    ).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1})


def test_no_bake_promotes_as_soon_as_traffic_has_shifted(story: Story) -> None:
    """A bake of zero minutes is none."""
    story.given_traffic().when_released(policy={"bakeMinutes": 0}).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1})


def test_a_dry_run_reports_the_plan_and_changes_nothing(story: Story) -> None:
    """Its output is the plan; no lock, no item, no version."""
    story.when_released(dryRun=True).when_over().then_execution_is("SUCCEEDED")
    plan = json.loads(story.sandbox.describe(story.execution)["output"])["plan"]
    assert (plan["stableVersion"], plan["alarms"]) == ("1", ["canary-checkout-errors"])
    assert story.items() == []


def test_two_releases_in_a_row(story: Story) -> None:
    """The second starts from where the first ended."""
    story.given_traffic().when_released("good").when_over().then_execution_is("SUCCEEDED")
    story.when_released("stable").when_over().then_execution_is("SUCCEEDED")
    story.then_alias_is({"3": 1})


def test_the_configuration_of_the_request_is_released(story: Story) -> None:
    """Memory and environment of the new version are the request's; the rest the stable one's."""
    story.given_traffic().when_released(
        configuration={"memorySize": 512, "environment": {"MODE": "new"}}
    ).when_over()
    version = story.aws.client("lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier="2"
    )
    assert version["MemorySize"] == 512
    assert version["Environment"]["Variables"] == {"MODE": "new"}
    assert version["Handler"] == "app.handler"


def test_drift_in_latest_does_not_reach_the_new_version(story: Story) -> None:
    """What someone changed in $LATEST by hand is set back to the stable configuration."""
    client = story.aws.client("lambda")
    client.update_function_configuration(FunctionName=FUNCTION, Timeout=77)
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    version = client.get_function_configuration(FunctionName=FUNCTION, Qualifier="2")
    assert version["Timeout"] == 3


def history(seed: int) -> list[object]:
    """What an observer sees of one release: every event of the execution, every count."""
    with LocalAws(seed=seed) as aws:
        story = Story(aws).given_traffic().when_released().when_over()
        events = aws.client("stepfunctions").get_execution_history(
            executionArn=story.execution, maxResults=1000
        )["events"]
        return [
            [(event["id"], event["type"], event["timestamp"]) for event in events],
            story.evidence()["minutes"],
            story.item(),
        ]


def test_the_same_seed_gives_the_same_release() -> None:
    """Same history, same order, same numbers."""
    assert history(7) == history(7)


def test_another_seed_gives_another_release() -> None:
    """The seed is what decides: other calls meet the canary."""
    assert history(7) != history(8)
