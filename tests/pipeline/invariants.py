"""
What must hold after every story and every injected fault, one settling time after the last
execution has ended: DESIGN's eight invariants, a function each.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import Any

from tests.pipeline.story import FUNCTION, Story
from tests.pipeline.watch import FORWARD

FINAL = {"promoted", "rolled_back", "rollback_failed", "refused", "failed"}
_LEGAL = {
    ("in_progress", "promoted"),
    ("in_progress", "rolled_back"),
    ("in_progress", "rollback_failed"),
    ("in_progress", "refused"),
    ("in_progress", "failed"),
    ("promoted", "rolled_back"),
    ("promoted", "rollback_failed"),
    ("rollback_failed", "rolled_back"),
    ("failed", "in_progress"),
}
_NOT_BACK = FORWARD | {"StartSigningJob"}
_AUTOMATIC = {"Reconcile", "RollBack", "FinishRelease", "EvaluateCanary"}


def releases(story: Story) -> list[dict[str, Any]]:
    """The items of all releases."""
    return [each for each in story.items() if each["sk"] == "release"]


def alias_is_whole(story: Story) -> None:
    """The alias serves exactly one version, unless somebody outside has split it."""
    shares = story.sandbox.alias(FUNCTION)
    if shares != story.alias_before:
        assert len(shares) == 1, f"the alias is split: {shares}"


def alias_is_accounted_for(story: Story) -> None:
    """The alias serves what was promoted, what was stable, or what somebody outside chose."""
    shares = set(story.sandbox.alias(FUNCTION))
    promoted = {each["newVersion"] for each in releases(story) if each["outcome"] == "promoted"}
    allowed = promoted | set(story.alias_before) | story.watch.chosen
    assert shares <= allowed, f"the alias serves {shares}, allowed are {allowed}"


def outcomes_are_true(story: Story) -> None:
    """The alias is where the release that ended last, of those with traffic, is said to have left
    it."""
    ended = [each for each in releases(story) if each.get("trafficStartedAt")]
    if not ended or story.is_moved_from_outside:
        return
    last = max(ended, key=lambda each: each.get("finishedAt") or 0)
    stable = json.loads(last["plan"])["stableVersion"]
    said = {"promoted": last.get("newVersion"), "rolled_back": stable}.get(last["outcome"])
    shares = story.sandbox.alias(FUNCTION)
    assert said is None or set(shares) == {said}, f"{last['outcome']}, but it serves {shares}"


def served_versions_are_signed(story: Story) -> None:
    """No version received traffic that an allowed profile did not sign, but a stable one."""
    client = story.aws.client("lambda")
    config = client.get_code_signing_config(
        CodeSigningConfigArn=story.sandbox.outputs["CodeSigningConfigArn"]
    )["CodeSigningConfig"]
    allowed = config["AllowedPublishers"]["SigningProfileVersionArns"]
    for version in story.watch.served - set(story.alias_before) - story.watch.chosen:
        found = client.get_function_configuration(FunctionName=FUNCTION, Qualifier=version)
        signer = found.get("SigningProfileVersionArn")
        assert signer in allowed, f"version {version} is signed by {signer}, not by {allowed}"


def locks_are_held_by_the_living(story: Story) -> None:
    """A lock belongs to a release in progress, whose execution runs."""
    running = {each["executionArn"] for each in releases(story) if each["outcome"] == "in_progress"}
    for held in story.locks():
        assert held["executionArn"] in running, f"a lock outlived its release: {held}"
        assert not story.sandbox.is_over(held["executionArn"]), f"the holder is dead: {held}"


def records_are_final(story: Story) -> None:
    """Each release ends once, with all that it did in its item, and the item in its evidence."""
    for each in releases(story):
        assert each["outcome"] in FINAL, f"{each['release']} is {each['outcome']} for ever"
        assert each.get("reason"), f"{each['release']} has no reason"
        assert not each.get("newVersion") or each.get("signing"), f"no signing job: {each}"
        ours = story.deployments_of(each["release"])
        kept = [each["deploymentId"]] if each.get("deploymentId") else []
        assert ours == kept, f"{each['release']} deployed {ours}, but has kept {kept}"
        stored = story.evidence(each["release"]).get("release", {})
        assert stored.get("outcome") == each["outcome"], f"its evidence has {stored}"


def messages_are_told_once(story: Story) -> None:
    """Each outcome is told; once, where no answer was lost, else under the same id."""
    sent = Counter(each["MessageAttributes"]["id"]["Value"] for each in story.notifications())
    repeated = [each for each, times in sent.items() if times > 1]
    assert not repeated or story.has_lost_answers, f"a notification was sent twice: {repeated}"
    for each in releases(story):
        if each["outcome"] in FINAL:
            name = f"{each['release']}/{each['redriveCount']}/{each['outcome']}"
            assert sent[name], f"never told: {name}; told are {sorted(sent)}"


def repetition_changes_nothing(story: Story) -> None:
    """Outcomes move forward only; one deployment, and one signing job that did not fail."""
    for release, outcomes in story.watch.outcomes.items():
        for (before, redrives), (after, later) in pairwise(outcomes):
            legal = (before, after) in _LEGAL and (before != "failed" or later > redrives)
            assert legal, f"{release} went from {before} to {after}: {outcomes}"
        deployments = story.deployments_of(release)
        assert len(deployments) <= 1, f"{release} has the deployments {deployments}"
    for each in releases(story):
        failed = each.get("failedSigningJobs") or []
        tokens = {
            site.parameters["clientRequestToken"]
            for site in story.watch.sites
            if site.operation == "StartSigningJob" and each["release"] in site.execution
        }
        assert len(tokens) <= 1 + len(failed), f"{each['release']} has signed by {tokens}"


def automatic_actors_only_go_back(story: Story) -> None:
    """Who undoes, judges or finishes neither signs, publishes, changes code nor deploys."""
    for site in story.watch.sites:
        is_automatic = site.point.actor.rpartition(".")[2] in _AUTOMATIC
        assert not (is_automatic and site.operation in _NOT_BACK), f"{site.point}"


def protocol_is_kept(story: Story) -> None:
    """One release at a time, which writes forward only with the lock; others' moves stay."""
    assert not story.watch.wrongs, "; ".join(story.watch.wrongs)


INVARIANTS = (
    alias_is_whole,
    alias_is_accounted_for,
    outcomes_are_true,
    served_versions_are_signed,
    locks_are_held_by_the_living,
    records_are_final,
    messages_are_told_once,
    repetition_changes_nothing,
    automatic_actors_only_go_back,
    protocol_is_kept,
)


def check(story: Story) -> None:
    """Let the story come to rest, and assert the invariants."""
    for execution in story.executions:
        story.sandbox.run(execution)
    story.after(minutes=5)
    for invariant in INVARIANTS:
        invariant(story)
