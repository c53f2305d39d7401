"""Releases of configuration alone: the code is the stable version's, all else as in any release."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.signer.models import signer_backends

from tests.pipeline.faults import answer_lost, at
from tests.pipeline.story import FUNCTION, Story
from tests.pipeline.test_bad_input import refused

# For releases whose way to the end is not what the story is about.
AT_ONCE: dict[str, Any] = {
    "deployment": {"config": "CodeDeployDefault.LambdaAllAtOnce"},
    "policy": {"bakeMinutes": 2},
}
BY_MODE = """
import os
def handler(event, context):
    if os.environ.get("MODE") == "broken":
        raise RuntimeError("the mode is broken")
    return {"total": 0}
"""


def version(story: Story, number: str) -> dict[str, Any]:
    """The configuration of a version."""
    client = story.aws.client("lambda")
    return dict(client.get_function_configuration(FunctionName=FUNCTION, Qualifier=number))


def configured(story: Story, **configuration: Any) -> dict[str, Any]:
    """A request of configuration alone."""
    return {"schema": 1, "function": FUNCTION, "configuration": configuration}


def put_by_hand(story: Story, key: str) -> None:
    """Someone puts a signed object's code into $LATEST."""
    client = story.aws.client("lambda")
    client.update_function_code(
        FunctionName=FUNCTION, S3Bucket=story.sandbox.outputs["ArtifactBucket"], S3Key=key
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)


def signed_objects(story: Story) -> list[str]:
    """The keys of all that was ever signed, the oldest first."""
    jobs = story.aws.client("signer").list_signing_jobs()["jobs"]
    return [
        job["signedObject"]["s3"]["key"] for job in sorted(jobs, key=lambda job: job["createdAt"])
    ]


# -- promoted ------------------------------------------------------------------------------------


def test_a_runtime_update_is_promoted(story: Story) -> None:
    """After a package release: another runtime, the same code, nothing signed again."""
    story.when_released(**AT_ONCE).when_over().then_execution_is("SUCCEEDED")
    jobs = signed_objects(story)
    story.given_traffic().when_configured({"runtime": "python3.14"}).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"3": 1}).then_outcome_is("promoted")
    before, after = version(story, "2"), version(story, "3")
    assert (before["Runtime"], after["Runtime"]) == ("python3.13", "python3.14")
    assert before["CodeSha256"] == after["CodeSha256"]
    assert signed_objects(story) == jobs


def test_the_record_names_the_job_that_signed_the_code(story: Story) -> None:
    """Where the code came from can be read afterwards, too."""
    story.when_released(**AT_ONCE).when_over()
    signed = story.item()["signing"]
    story.when_configured({"memorySize": 256}, **AT_ONCE).when_over()
    again = story.evidence()["release"]["signing"]
    assert {name: again[name] for name in ("jobId", "key", "version")} == {
        name: signed[name] for name in ("jobId", "key", "version")
    }
    assert version(story, "3")["SigningJobArn"].endswith(again["jobId"])


def test_a_function_never_released_can_be_configured(story: Story) -> None:
    """Its code is in $LATEST still; two such releases in a row, as well."""
    story.when_configured({"runtime": "python3.14"}, **AT_ONCE).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1})
    story.when_configured({"memorySize": 256}, **AT_ONCE).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"3": 1})
    assert version(story, "3")["CodeSha256"] == version(story, "1")["CodeSha256"]
    assert (version(story, "3")["Runtime"], version(story, "3")["MemorySize"]) == (
        "python3.14",
        256,
    )


def test_drifted_code_does_not_reach_the_new_version(story: Story) -> None:
    """A rolled back release has left its code in $LATEST; the stable version's is put there."""
    story.given_traffic().when_released("good", **AT_ONCE).when_over()
    story.when_released("bad").when_over().then_execution_is("FAILED", "ReleaseRolledBack")
    story.after(minutes=6).when_configured({"memorySize": 256}, **AT_ONCE).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"4": 1})
    assert version(story, "4")["CodeSha256"] == version(story, "2")["CodeSha256"]


def test_the_pointer_still_knows_the_code(story: Story) -> None:
    """The same package is nothing new afterwards, and another is; so is other configuration."""
    story.when_released("good", **AT_ONCE).when_over()
    story.when_configured({"memorySize": 256}, **AT_ONCE).when_over().then_alias_is({"3": 1})
    story.when_released("good", **AT_ONCE).when_over().then_execution_is(
        "FAILED", "NothingToReleaseError"
    )
    story.when_configured({"memorySize": 512}, **AT_ONCE).when_over().then_alias_is({"4": 1})
    story.when_released("stable", **AT_ONCE).when_over().then_alias_is({"5": 1})
    assert version(story, "5")["MemorySize"] == 512


def test_a_configuration_is_probed_too(story: Story) -> None:
    """An environment that breaks the handler is found before any user meets it."""
    story.when_released(package=story.module(BY_MODE), **AT_ONCE).when_over()
    story.when_configured(
        {"environment": {"MODE": "broken"}}, probe={"events": [{"payload": {}}]}
    ).when_over()
    story.then_execution_is("FAILED", "ProbeFailedError").then_alias_is({"2": 1})
    story.then_cause_says("RuntimeError: the mode is broken")


def test_a_lost_answer_changes_nothing(story: Story) -> None:
    """The code is put into $LATEST once more; there is one version."""
    story.when_released(**AT_ONCE).when_over()
    request = configured(story, memorySize=256)
    at(story, "UpdateFunctionCode", answer_lost)
    story.when_requested(request).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"3": 1})


# -- not promoted --------------------------------------------------------------------------------


def test_a_bad_configuration_is_rolled_back(story: Story) -> None:
    """And what follows starts from the code and the configuration before it."""
    story.given_traffic().when_released(package=story.module(BY_MODE), **AT_ONCE).when_over()
    story.when_configured({"environment": {"MODE": "broken"}}).when_over()
    story.then_execution_is("FAILED", "ReleaseRolledBack").then_alias_is({"2": 1})
    story.after(minutes=6).when_configured({"memorySize": 256}, **AT_ONCE).when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"4": 1})
    assert version(story, "4").get("Environment", {}).get("Variables", {}) == {}


def test_a_revoked_signature_is_not_released_again(story: Story) -> None:
    """Lambda refuses the code; the error says what to do, and the alias is as it was."""
    story.when_released(**AT_ONCE).when_over()
    story.aws.client("signer").revoke_signature(
        jobId=story.item()["signing"]["jobId"], reason="leaked"
    )
    story.when_configured({"memorySize": 256}, **AT_ONCE).when_over()
    story.then_execution_is("FAILED", "PublishFailedError").then_outcome_is("failed")
    story.then_cause_says("CodeVerificationFailed", "revoked", "code of version 2", "sign it anew")
    story.then_alias_is({"2": 1}).then_lock_is_free()


def test_an_expired_signature_is_not_released_again(story: Story) -> None:
    """Nor is code whose signature was valid when it was released."""
    (profile,) = story.aws.backend(signer_backends).signing_profiles.values()
    profile.signature_validity_period = {"value": 1, "type": "DAYS"}
    story.when_released(**AT_ONCE).when_over().then_execution_is("SUCCEEDED").after(minutes=1440)
    story.when_configured({"memorySize": 256}, **AT_ONCE).when_over()
    story.then_execution_is("FAILED", "PublishFailedError").then_alias_is({"2": 1})
    story.then_cause_says("expired", "sign it anew")


def test_code_that_changes_after_validation_is_not_released(story: Story) -> None:
    """Where nobody has kept the signed object, $LATEST is looked at again when it counts."""
    story.when_released("bad", probe={"events": [{"payload": {}}]}).when_over()
    first, bad = signed_objects(story)
    put_by_hand(story, first)
    story.when_configured({"memorySize": 256}, **AT_ONCE).when_state_is("SignPackage")
    put_by_hand(story, bad)
    story.when_over().then_execution_is("FAILED", "ReleaseStaleError").then_alias_is({"1": 1})


# -- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("configuration", [{"memorySize": 128}, {"description": "again"}])
def test_the_same_configuration_is_nothing_to_release(
    story: Story, configuration: dict[str, Any]
) -> None:
    """What the stable version has already; a description is not what it does."""
    refused(story, configured(story, **configuration), "NothingToReleaseError", "version 1")


def test_nothing_asked_for_is_refused(story: Story) -> None:
    """Neither a package nor a configuration with something in it."""
    refused(story, configured(story), "InvalidRequestError", "neither package nor configuration")


def test_drifted_code_that_no_release_has_kept_is_refused(story: Story) -> None:
    """The error says what to do, and doing it helps."""
    story.given_traffic().when_released("bad").when_over().then_alias_is({"1": 1})
    story.after(minutes=6)
    request = configured(story, memorySize=256)
    refused(story, request, "TargetNotReadyError", "version 1 of checkout", "back into $LATEST")
    put_by_hand(story, signed_objects(story)[0])
    story.when_requested(request).when_over().then_execution_is("SUCCEEDED")


def test_code_of_another_signer_is_refused(story: Story) -> None:
    """It may serve; but what a release brings was signed by the stack's profile."""
    client = story.aws.client("lambda")
    client.delete_function_code_signing_config(FunctionName=FUNCTION)
    client.update_function_code(
        FunctionName=FUNCTION,
        ZipFile=story.aws.client("s3")
        .get_object(
            Bucket=story.sandbox.outputs["ArtifactBucket"], Key="incoming/checkout-first.zip"
        )["Body"]
        .read(),
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    client.publish_version(FunctionName=FUNCTION)
    client.get_waiter("published_version_active").wait(FunctionName=FUNCTION, Qualifier="2")
    client.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="2")
    client.put_function_code_signing_config(
        FunctionName=FUNCTION, CodeSigningConfigArn=story.sandbox.outputs["CodeSigningConfigArn"]
    )
    story.alias_before = {"2": 1}
    request = configured(story, memorySize=256)
    refused(story, request, "TargetNotReadyError", "signed by nobody", "Give a package")


def test_a_dry_run_reports_the_plan_and_changes_nothing(story: Story) -> None:
    """The plan says by which job the code was signed, and that it is in $LATEST."""
    story.when_configured({"runtime": "python3.14"}, dryRun=True).when_over()
    story.then_execution_is("SUCCEEDED")
    plan = json.loads(story.sandbox.describe(story.execution)["output"])["plan"]
    assert plan["configuration"]["runtime"] == "python3.14"
    assert version(story, "1")["SigningJobArn"].endswith(plan["source"]["signingJob"])
    assert plan["source"]["key"] == ""
    assert story.items() == []
