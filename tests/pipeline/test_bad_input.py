"""Bad input ends at ValidateRelease, with a sentence, and nothing has changed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from canary.localaws.sandbox import archive
from tests.localaws.roles import role
from tests.pipeline.story import ALARM, EXAMPLES, FUNCTION, Story

Request = dict[str, Any]


def refused(story: Story, request: Any, error: str, *words: str) -> None:
    """The request fails at its first state with this error, and the world is as it was."""
    before = snapshot(story)
    story.when_requested(request).when_over().then_execution_is("FAILED", error)
    story.then_cause_says(*words, "Nothing changed").then_lock_is_free()
    assert story.states() == ["ValidateRelease"]
    assert snapshot(story) == before


def snapshot(story: Story) -> dict[str, Any]:
    """All that a release could change."""
    client = story.aws.client("lambda")
    versions = client.list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    return {
        "versions": [(each["Version"], each["RevisionId"]) for each in versions],
        "alias": story.sandbox.alias(FUNCTION),
        "items": story.items(),
        "deployments": story.aws.client("codedeploy").list_deployments()["deployments"],
        "jobs": story.aws.client("signer").list_signing_jobs()["jobs"],
    }


# -- the request ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.pop("function"), ("function",)),
        (lambda r: r.pop("package"), ("package",)),
        (lambda r: r.pop("schema"), ("schema",)),
        (lambda r: r.update(schema=2), ("schema",)),
        (lambda r: r.update(functoin="x"), ("functoin",)),
        (lambda r: r.update(function="a/b"), ("function",)),
        (lambda r: r.update(alias="7"), ("alias",)),
        (lambda r: r.update(dryRun="yes"), ("dryRun", "bool")),
        (lambda r: r.update(policy={"bakeMinutes": -1}), ("policy.bakeMinutes",)),
        (lambda r: r.update(policy={"bakeMinutes": "10"}), ("policy.bakeMinutes", "int")),
        (lambda r: r.update(policy={"whenBusy": "queue"}), ("policy.whenBusy",)),
        (lambda r: r.update(policy={"bakeMinuts": 10}), ("bakeMinuts",)),
        (lambda r: r.update(configuration={"memorySize": 1}), ("configuration.memorySize",)),
        (lambda r: r.update(probe=[]), ("probe",)),
        (lambda r: r.update(probe={"events": {}}), ("probe.events",)),
        (lambda r: r.update(probe={"events": [{}] * 2}), ("payload", "probe.events[")),
        (lambda r: r.update(probe={"events": [{"payload": 1, "expects": 1}]}), ("expects",)),
        (lambda r: r.update(probe={"events": [{"payload": 1}] * 11}), ("probe.events", "10")),
        (lambda r: r.update(probe={"events": [{"payload": "ü" * 65536}]}), ("131,", "131,072")),
        (lambda r: r.update(configuration={"environment": {"A": "x" * 4096}}), ("environment",)),
        (lambda r: r.update(configuration={"layers": ["x" * 9999]}), ("layers",)),
        (lambda r: r.update(healthChecks=["checkout"]), ("healthChecks",)),
        (lambda r: r["package"].update(key="elsewhere/x.zip"), ("package.key",)),
        (lambda r: r["package"].pop("version"), ("version",)),
    ],
)
def test_a_request_with_a_wrong_field_is_refused(
    story: Story, change: Callable[[Request], object], words: tuple[str, ...]
) -> None:
    """A missing, unknown or mistyped field is named in the error."""
    request = story.request()
    change(request)
    refused(story, request, "InvalidRequestError", *words)


@pytest.mark.parametrize("request_", [[], "release checkout", 7, None])
def test_input_that_is_no_object_is_refused(story: Story, request_: Any) -> None:
    """An input of another JSON type is an invalid request, not a crash."""
    refused(story, request_, "InvalidRequestError", "request")


def test_a_package_outside_the_artifact_bucket_is_refused(story: Story) -> None:
    """Packages come from the stack's own bucket only."""
    request = story.request()
    request["package"]["bucket"] = "somebody-elses"
    refused(story, request, "InvalidRequestError", "somebody-elses")


def test_an_unknown_deployment_config_is_refused(story: Story) -> None:
    """The name that many guides print does not exist, and the error shows one that does."""
    name = "CodeDeployDefault.Lambda10PercentEvery5Minutes"
    refused(
        story,
        story.request(deployment={"config": name}),
        "InvalidRequestError",
        name,
        "LambdaCanary10Percent5Minutes",
    )


def test_a_deployment_config_for_servers_is_refused(story: Story) -> None:
    """A config of another platform cannot shift an alias."""
    name = "CodeDeployDefault.OneAtATime"
    refused(story, story.request(deployment={"config": name}), "InvalidRequestError", name)


# -- the function --------------------------------------------------------------------------------


def test_a_function_that_is_not_there_is_refused(story: Story) -> None:
    """The error names the function."""
    refused(story, story.request(function="chekout"), "TargetNotReadyError", "chekout")


def test_an_alias_that_is_not_there_is_refused(story: Story) -> None:
    """The error names the alias."""
    refused(story, story.request(alias="prod"), "TargetNotReadyError", "no alias 'prod'")


def test_an_alias_on_latest_is_refused(story: Story) -> None:
    """Traffic cannot be shifted from $LATEST."""
    story.aws.client("lambda").create_alias(
        FunctionName=FUNCTION, Name="edge", FunctionVersion="$LATEST"
    )
    refused(story, story.request(alias="edge"), "TargetNotReadyError", "$LATEST")


def test_an_alias_that_is_split_is_refused(story: Story) -> None:
    """The error says between which versions, and with which shares."""
    client = story.aws.client("lambda")
    client.update_function_configuration(FunctionName=FUNCTION, MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    client.publish_version(FunctionName=FUNCTION)
    client.get_waiter("published_version_active").wait(FunctionName=FUNCTION, Qualifier="2")
    client.update_alias(
        FunctionName=FUNCTION,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.2}},
    )
    story.alias_before = story.sandbox.alias(FUNCTION)
    refused(story, story.request(), "TargetNotReadyError", "1 with 20 % on 2")


def test_a_function_from_an_image_is_refused(story: Story) -> None:
    """AWS Signer signs zip packages only."""
    client = story.aws.client("lambda")
    role = client.get_function_configuration(FunctionName=FUNCTION)["Role"]
    client.create_function(
        FunctionName="from-image",
        PackageType="Image",
        Role=role,
        Code={"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/checkout:1"},
    )
    refused(story, story.request(function="from-image"), "TargetNotReadyError", "container image")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Role", "arn:aws:iam::123456789012:role/another"),
        ("DeadLetterConfig", {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:letters"}),
    ],
)
def test_what_forbids_a_weighted_alias_is_refused(story: Story, member: str, value: Any) -> None:
    """An alias shares traffic only between versions of one role and one dead letter queue."""
    client = story.aws.client("lambda")
    role(story.aws, "another", "lambda")
    client.update_function_configuration(FunctionName=FUNCTION, **{member: value})
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    refused(story, story.request(), "TargetNotReadyError", member, "version 1")


def test_a_function_without_a_code_signing_config_is_refused(story: Story) -> None:
    """Without the config, anyone could deploy unsigned code beside the pipeline."""
    story.aws.client("lambda").delete_function_code_signing_config(FunctionName=FUNCTION)
    refused(story, story.request(), "TargetNotReadyError", "code signing config")


def test_a_code_signing_config_of_another_profile_is_refused(story: Story) -> None:
    """The config must allow the profile that signs releases."""
    other = story.aws.client("signer").put_signing_profile(
        profileName="other", platformId="AWSLambda-SHA384-ECDSA"
    )
    config = story.aws.client("lambda").create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [other["profileVersionArn"]]}
    )["CodeSigningConfig"]
    story.aws.client("lambda").put_function_code_signing_config(
        FunctionName=FUNCTION, CodeSigningConfigArn=config["CodeSigningConfigArn"]
    )
    refused(story, story.request(), "TargetNotReadyError", "does not allow")


def test_a_cancelled_signing_profile_is_refused(story: Story) -> None:
    """A profile that is not active cannot sign."""
    story.aws.client("signer").cancel_signing_profile(
        profileName=story.sandbox.outputs["SigningProfileName"]
    )
    refused(story, story.request(), "TargetNotReadyError", "Canceled")


# -- the package ---------------------------------------------------------------------------------


def too_large() -> bytes:
    """A small zip whose directory declares 300 MB."""
    package = archive({"app.py": b"def handler(event, context): ..."})
    place = package.index(b"PK\x01\x02") + 24
    return package[:place] + struct.pack("<I", 300 * 1024 * 1024) + package[place + 4 :]


@pytest.mark.parametrize(
    ("package", "words"),
    [
        (b"", ("empty",)),
        (b"#!/bin/sh\necho not a zip\n", ("not a zip",)),
        (archive({}), ("without a file",)),
        (archive({"main.py": b""}), ("no module for the handler 'app.handler'", "app.py")),
        (archive({"checkout/app.py": b""}), ("not the folder",)),
        (too_large(), ("314,572,800", "250 MB")),
    ],
    ids=["empty", "no zip", "no file", "no handler", "zipped folder", "too large"],
)
def test_a_package_that_lambda_would_not_take_is_refused(
    story: Story, package: bytes, words: tuple[str, ...]
) -> None:
    """What is wrong is read off the zip's directory, before anything is signed."""
    request = story.request()
    request["package"] = story.sandbox.upload(package, "incoming/wrong.zip")
    refused(story, request, "PackageInvalidError", *words)


@pytest.mark.parametrize("version", ["null", "no-such-version"])
def test_a_package_without_its_version_is_refused(story: Story, version: str) -> None:
    """Only a fixed version of an object can be signed."""
    request = story.request()
    request["package"]["version"] = version
    refused(story, request, "PackageInvalidError", "version")


def test_a_package_that_is_not_there_is_refused(story: Story) -> None:
    """The error names the object."""
    request = story.request()
    request["package"]["key"] = "incoming/missing.zip"
    refused(story, request, "PackageInvalidError", "incoming/missing.zip")


# -- the deployment group and its alarms ----------------------------------------------------------


def test_a_group_that_is_not_there_is_refused(story: Story) -> None:
    """The error names group and application."""
    refused(story, story.request(deployment={"group": "nobody"}), "TargetNotReadyError", "nobody")


def test_an_active_deployment_is_refused(story: Story) -> None:
    """AWS runs one deployment in a group at a time; the error names the one that runs."""
    story.given_traffic().when_released().when_traffic_shifts()
    client = story.aws.client("codedeploy")
    busy = client.list_deployments(includeOnlyStatuses=["InProgress"])["deployments"][0]
    story.aws.client("lambda").create_alias(FunctionName=FUNCTION, Name="edge", FunctionVersion="1")
    request = story.request(alias="edge", deployment={"group": f"{FUNCTION}-live"}, dryRun=True)
    first = story.execution
    story.when_requested(request).after(seconds=0.1)
    story.then_execution_is("FAILED", "TargetNotReadyError")
    story.then_cause_says("active deployment", busy, "Nothing changed")
    story.execution = first
    story.when_over().then_execution_is("SUCCEEDED")


def set_alarms(story: Story, names: list[str]) -> None:
    """Let the deployment group watch exactly these alarms."""
    story.aws.client("codedeploy").update_deployment_group(
        applicationName=story.sandbox.outputs["ApplicationName"],
        currentDeploymentGroupName=f"{FUNCTION}-live",
        alarmConfiguration={
            "enabled": bool(names),
            "alarms": [{"name": name} for name in names],
        },
    )


def test_a_group_without_alarms_is_refused(story: Story) -> None:
    """Nothing could stop a bad version."""
    set_alarms(story, [])
    refused(story, story.request(), "AlarmCoverageError", "watches no alarm")


def test_an_unknown_alarm_is_refused(story: Story) -> None:
    """CodeDeploy would take the name of an alarm that does not exist."""
    set_alarms(story, [ALARM, "canary-misspelt"])
    refused(story, story.request(), "AlarmCoverageError", "canary-misspelt", "does not exist")


def test_an_alarm_that_could_never_start_a_rollback_is_refused(story: Story) -> None:
    """Its name must begin with the stack's prefix."""
    story.sandbox.add_alarm("errors", FUNCTION)
    set_alarms(story, ["errors"])
    refused(story, story.request(), "AlarmCoverageError", "errors", "'canary-'")


def test_a_red_alarm_is_refused(story: Story) -> None:
    """CodeDeploy would stop the deployment at once."""
    story.alarm_fires()
    refused(story, story.request(), "AlarmCoverageError", ALARM, "set by the story")


def test_strict_alarms_turn_a_warning_into_a_refusal(story: Story) -> None:
    """An alarm on another function is a warning; under `alarms: strict` it refuses."""
    story.sandbox.add_alarm("canary-other", "other")
    set_alarms(story, [ALARM, "canary-other"])
    strict = story.request(policy={"alarms": "strict"})
    refused(story, strict, "AlarmCoverageError", "canary-other watches other")


# -- the lock ------------------------------------------------------------------------------------


def test_a_second_release_of_the_same_alias_is_refused(story: Story) -> None:
    """The error names the release that holds the lock, which goes on undisturbed."""
    story.when_released().when_state_is("SignPackage")
    first = story.execution
    held = story.locks()
    story.when_released("bad", policy={"whenBusy": "refuse"}).after(seconds=0.1)
    story.then_execution_is("FAILED", "ReleaseInProgressError").then_cause_says("release-1")
    assert story.locks() == held
    story.execution = first
    story.when_over().then_execution_is("SUCCEEDED")


def test_a_second_release_through_the_same_group_is_refused(story: Story) -> None:
    """The deployment group is locked too: AWS runs one deployment in it at a time."""
    story.aws.client("lambda").create_alias(FunctionName=FUNCTION, Name="edge", FunctionVersion="1")
    story.when_released().when_state_is("SignPackage")
    first = story.execution
    edge = {"alias": "edge", "deployment": {"group": f"{FUNCTION}-live"}}
    story.when_released("bad", policy={"whenBusy": "refuse"}, **edge)
    story.after(seconds=0.1).then_execution_is("FAILED", "ReleaseInProgressError")
    story.then_cause_says("deployment group")
    story.execution = first
    story.when_over().then_execution_is("SUCCEEDED")


def test_a_frozen_function_is_refused(story: Story) -> None:
    """An operator's freeze is respected, and its reason is told."""
    story.aws.client("dynamodb").put_item(
        TableName=story.sandbox.outputs["TableName"],
        Item={
            "pk": {"S": f"function#{FUNCTION}"},
            "sk": {"S": "freeze"},
            "reason": {"S": "inventory night"},
        },
    )
    refused(story, story.request(), "FrozenError", "inventory night")


def test_the_same_code_again_is_nothing_to_release(story: Story) -> None:
    """Also when the package was zipped and uploaded again."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    story.alias_before = story.sandbox.alias(FUNCTION)
    refused(story, story.request(), "NothingToReleaseError", "version 2")


def test_the_same_code_with_another_configuration_is_something(story: Story) -> None:
    """Configuration counts as much as code."""
    story.given_traffic().when_released().when_over().then_execution_is("SUCCEEDED")
    story.when_released(configuration={"memorySize": 256}).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"3": 1})
    version = story.aws.client("lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier="3"
    )
    assert version["MemorySize"] == 256


def test_every_example_is_there() -> None:
    """The stories release the code that the demo releases."""
    assert {each.name for each in EXAMPLES.iterdir()} >= {"stable", "good", "bad"}
