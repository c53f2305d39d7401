"""An operator chooses the way back: a version, with force, at once; and how short the way is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canary.localaws.admission import Call
from tests.pipeline import faults
from tests.pipeline.story import ALARM, FUNCTION, Story
from tests.pipeline.test_operator import refused, rolled_back


def promoted(story: Story, code: str = "good") -> Story:
    """A release has come to its end, well."""
    return story.when_released(code).when_over().then_execution_is("SUCCEEDED")


def revoked(story: Story, version: str) -> None:
    """Somebody has revoked the signature of this version."""
    found = story.aws.client("lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier=version
    )
    story.aws.client("signer").revoke_signature(
        jobId=found["SigningJobArn"].rpartition("/")[2], reason="leaked"
    )


def module(story: Story, number: int) -> Story:
    """A release of other code, promoted: for a third and fourth version."""
    code = f"def handler(event, context):\n    return {number}\n"
    story.when_released(package=story.module(code))
    return story.when_over().then_execution_is("SUCCEEDED")


# -- a version -------------------------------------------------------------------------------------


def test_a_chosen_version_serves(story: Story) -> None:
    """Two back: the record says which, and the next release takes it as stable."""
    module(promoted(story.given_traffic()), 3).then_alias_is({"3": 1})
    story.operator_asks(version="1", reason="all newer ones are bad")
    rolled_back(story)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back")
    assert story.item()["rollbackRequested"]["version"] == "1"
    assert any(each["MessageAttributes"]["id"]["Value"].endswith("/rolled_back/1")
               for each in story.notifications())  # fmt: skip
    module(story, 4)
    assert story.item()["outcome"] == "promoted"


def test_a_version_can_be_chosen_after_a_rollback_too(story: Story) -> None:
    """With force: the release that was undone last keeps that it was an operator's choice."""
    promoted(story.given_traffic())
    story.when_released("bad").when_traffic_shifts().operator_asks()
    story.when_over().then_alias_is({"2": 1})
    refused(story, "NothingToRollBackError", "rolled_back", "--force", version="1")
    story.operator_asks(version="1", force=True)
    rolled_back(story)
    story.then_alias_is({"1": 1})
    assert story.item()["rollbackRequested"]["version"] == "1"


@pytest.mark.parametrize(
    ("version", "error", "words"),
    [
        ("9", "TargetNotReadyError", ("no version 9",)),
        ("$LATEST", "InvalidRequestError", ("version",)),
        ("arn:aws:lambda:us-east-1:123456789012:function:other:1", "InvalidRequestError", ("v",)),
        (1, "InvalidRequestError", ("version",)),
    ],
)
def test_a_version_that_cannot_serve_is_refused(
    story: Story, version: Any, error: str, words: tuple[str, ...]
) -> None:
    """Unknown, `$LATEST`, of another function, or no text."""
    promoted(story.given_traffic())
    refused(story, error, *words, version=version)


def test_a_revoked_version_is_refused_but_for_the_stable_one(story: Story) -> None:
    """In an emergency it serves, and the record says that it is revoked."""
    module(promoted(story.given_traffic()), 3)
    revoked(story, "1")
    revoked(story, "2")
    refused(story, "TargetNotReadyError", "signature of version 1", "revoked", version="1")
    story.operator_asks(version="1", mode="emergency")
    rolled_back(story)
    story.then_alias_is({"1": 1})
    assert "done all the same: the signature of version 1" in story.item()["reason"]

    story.operator_asks(version="2", force=True)  # where the last release began
    rolled_back(story)
    story.then_alias_is({"2": 1})


def test_a_version_signed_by_nobody_we_know_is_refused(story: Story) -> None:
    """The function's code signing config enforces; Lambda does not look when an alias moves."""
    promoted(story.given_traffic())
    client = story.aws.client("lambda")
    arn = story.sandbox.outputs["CodeSigningConfigArn"]
    policies = {"UntrustedArtifactOnDeployment": "Warn"}
    client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=policies)
    package = story.module("def handler(event, context):\n    return 3\n")
    client.update_function_code(
        FunctionName=FUNCTION, S3Bucket=package["bucket"] if "bucket" in package else
        story.sandbox.outputs["ArtifactBucket"], S3Key=package["key"], Publish=True,
    )  # fmt: skip
    policies = {"UntrustedArtifactOnDeployment": "Enforce"}
    client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=policies)
    refused(story, "TargetNotReadyError", "version 3", "nobody", version="3")


# -- force -----------------------------------------------------------------------------------------


def test_force_goes_back_after_the_guard_window(story: Story) -> None:
    """The operator knows what no alarm may decide any more."""
    promoted(story.given_traffic()).after(minutes=61)
    refused(story, "NothingToRollBackError", "--force")
    story.operator_asks(force=True)
    rolled_back(story)
    story.then_alias_is({"1": 1}).then_outcome_is("rolled_back")


def test_force_goes_one_further_back(story: Story) -> None:
    """After a rollback: to before the release that brought what serves now."""
    promoted(story.given_traffic())
    story.when_released("bad").when_traffic_shifts().operator_asks()
    story.when_over().then_alias_is({"2": 1}).operator_asks(force=True)
    rolled_back(story)
    story.then_alias_is({"1": 1})
    refused(story, "NothingToRollBackError", "rolled_back", force=True)


def test_a_foreign_alias_is_written_with_force_only(story: Story) -> None:
    """Without, it is reported and left."""
    module(promoted(story.given_traffic()), 3)
    story.aws.client("lambda").update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="1")
    story.operator_asks()
    assert (story.rollback["status"], story.rollback["error"]) == ("FAILED", "RollbackFailed")
    assert "canary rollback checkout --force" in story.rollback["cause"]
    story.then_alias_is({"1": 1}).operator_asks(force=True)
    rolled_back(story)
    story.then_alias_is({"2": 1})


def test_the_promoted_one_is_undone_while_the_next_is_signed(story: Story) -> None:
    """Which then finds another world than it had planned for, and is refused."""
    promoted(story.given_traffic())
    first = story.release
    story.when_released(package=story.module("def handler(event, context):\n    return 3\n"))
    story.when_state_is("SignPackage").operator_asks()
    rolled_back(story)
    assert list(json.loads(story.rollback["output"])["finished"]["releases"]) == [first]
    story.when_over().then_execution_is("FAILED", "ReleaseStaleError").then_alias_is({"1": 1})
    story.then_lock_is_free()


def test_a_click_from_before_a_newer_canary_is_stale(story: Story) -> None:
    """What was confirmed is not what would be undone."""
    promoted(story.given_traffic())
    story.when_released("bad").when_traffic_shifts()
    refused(story, "InvalidRequestError", '"checkout:2+3"', mode="manual", confirm="checkout:2")
    story.operator_asks(mode="manual", confirm="checkout:2+3")
    rolled_back(story)
    story.when_over().then_alias_is({"2": 1})


# -- at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [1, 7, 90])
def test_an_emergency_ends_whole_in_canary_bake_and_long_after(
    story: Story, minutes: float
) -> None:
    """It asks nobody; what would have refused it stands in the record."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=minutes)
    story.operator_asks(mode="emergency", reason="wrong prices")
    rolled_back(story)
    story.when_over().then_alias_is({"1": 1}).then_outcome_is("rolled_back").then_lock_is_free()
    is_late = "done all the same" in story.item()["reason"]
    assert is_late is (minutes > 80), story.item()["reason"]


def test_an_emergency_without_a_release_says_what_to_type(story: Story) -> None:
    """Nothing is known of the alias, so nothing is done."""
    refused(story, "NothingToRollBackError", "aws lambda update-alias", mode="emergency")


def test_an_emergency_to_no_version_changes_nothing(story: Story) -> None:
    """Lambda itself says that there is none."""
    promoted(story.given_traffic())
    refused(story, "TargetNotReadyError", "no version 9", mode="emergency", version="9")


def test_an_emergency_is_repeated_without_harm(story: Story) -> None:
    """The handler died after the alias had moved, and is called again."""
    story.given_traffic().when_released().when_traffic_shifts()
    faults.at(story, "UpdateAlias", faults.answer_lost)
    story.operator_asks(mode="emergency")
    rolled_back(story)
    story.when_over().then_alias_is({"1": 1}).then_outcome_is("rolled_back")


# -- how short the way is --------------------------------------------------------------------------


def _calls_to_restore(story: Story, begin: Any) -> tuple[list[str], int]:
    """The handlers' calls from what starts the way back to the write that restores the alias."""
    calls: list[Call] = []
    story.aws.checks.append(calls.append)
    begin()
    story.aws.clock.run(lambda: story.sandbox.alias(FUNCTION) == {"1": 1}, limit=600)
    of_handler = [each for each in calls if each.principal and "RollBackRole" in each.principal]
    names = [each.operation.name for each in of_handler]
    invocations = len({each.session for each in of_handler})
    return names[: names.index("UpdateAlias") + 1], invocations


def test_from_an_alarm_to_the_restored_alias(story: Story) -> None:
    """One invocation, at most five calls in sequence."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=1)
    calls, invocations = _calls_to_restore(story, lambda: story.alarm_fires(ALARM))
    assert len(calls) <= 5, calls
    assert invocations == 1


def test_in_an_emergency(story: Story) -> None:
    """At most four."""
    story.given_traffic().when_released().when_traffic_shifts().after(minutes=1)
    machine = story.sandbox.outputs["RollbackStateMachineArn"]
    asked = json.dumps({"schema": 1, "function": FUNCTION, "mode": "emergency"})
    calls, invocations = _calls_to_restore(
        story,
        lambda: story.aws.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=asked
        ),
    )
    assert len(calls) <= 4, calls
    assert invocations == 1
