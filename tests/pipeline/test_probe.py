"""ProbeVersion: the new version answers test events before any user meets it, or nobody does."""

import json
from typing import Any

import pytest

from release.probing import BUDGET_SECONDS
from tests.pipeline.faults import answer_lost, at, refused
from tests.pipeline.story import FUNCTION, Story

FRUIT = {"payload": {"basket": ["apple", "plum"]}, "expect": {"total": 50}}
NOTHING = {"payload": {"basket": []}, "expect": {"total": 0, "items": 0}}
SECRET = "card-4711"  # pragma: allowlist secret


def calls(story: Story, version: str) -> int:
    """How often a version has been invoked by its number."""
    found = story.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "FunctionName", "Value": FUNCTION},
            {"Name": "Resource", "Value": f"{FUNCTION}:{version}"},
        ],
        StartTime="2026-01-01T00:00:00Z",
        EndTime="2026-02-01T00:00:00Z",
        Period=86400,
        Statistics=["Sum"],
    )["Datapoints"]
    return int(sum(point["Sum"] for point in found))


def then_nobody_has_met_it(story: Story) -> Story:
    """The release ends at ProbeVersion, and the alias never served anything but version 1."""
    story.then_execution_is("FAILED", "ProbeFailedError").then_cause_says("No user has met it")
    story.then_alias_is({"1": 1}).then_lock_is_free().then_outcome_is("failed")
    assert story.states()[-1] == "ProbeVersion"
    assert story.aws.client("codedeploy").list_deployments()["deployments"] == []
    assert SECRET not in json.dumps([story.item(), story.evidence(), story.notifications()])
    return story


def test_a_version_that_answers_well_is_released(story: Story) -> None:
    """It is called by its number, once per event, before the alias is split."""
    story.given_traffic().when_released(probe={"events": [FRUIT, NOTHING]})
    story.when_state_is("StartDeployment").then_alias_is({"1": 1})
    assert calls(story, "2") == 2
    story.when_over().then_execution_is("SUCCEEDED").then_alias_is({"2": 1})


def test_the_record_says_how_it_answered(story: Story) -> None:
    """How long each event took, and nothing of what was asked."""
    event = {"payload": {"basket": ["apple"], "note": SECRET}}
    story.given_traffic().when_released(probe={"events": [event, FRUIT]}).when_over()
    answers = story.evidence()["release"]["probe"]["answers"]
    assert [answer["ok"] for answer in answers] == [True, True]
    assert all(0 < answer["milliseconds"] < 10 for answer in answers)
    assert SECRET not in json.dumps([story.items(), story.evidence()])


def test_a_release_without_events_calls_nothing(story: Story) -> None:
    """The state passes at once."""
    story.when_released(probe={"events": []}).when_state_is("StartDeployment")
    assert calls(story, "2") == 0


@pytest.mark.parametrize(
    ("code", "event", "words"),
    [
        (
            "def handler(event, context):\n    return {'total': 70}",
            FRUIT,
            ("answered otherwise", "the answer.total is a number, not the expected one"),
        ),
        (
            "def handler(event, context):\n    return {'total': '50'}",
            FRUIT,
            ("the answer.total is a string, not a number",),
        ),
        (
            "def handler(event, context):\n    return {'sum': 50}",
            FRUIT,
            ("the answer.total is missing",),
        ),
        (
            "def handler(event, context):\n    raise KeyError('plum')",
            FRUIT,
            ("failed: KeyError: 'plum'",),
        ),
        (
            "def handler(event, context):\n    raise KeyError('plum')",
            {"payload": None},
            ("failed: KeyError: 'plum'",),
        ),
        ("import absent\nhandler = None", FRUIT, ("failed: Runtime.ImportModuleError",)),
        (
            "import time\ndef handler(event, context):\n    time.sleep(20)",
            FRUIT,
            ("failed: Sandbox.Timedout", "Task timed out after 3.00 seconds"),
        ),
        (
            "def handler(event, context):\n    return 'x' * 9000",
            {"payload": {}, "expect": "y" * 9000},
            ("the answer is a string, not the expected one. No user",),
        ),
    ],
    ids=[
        "value",
        "type",
        "missing",
        "exception",
        "nothing expected",
        "import",
        "timeout",
        "same type",
    ],
)
def test_a_version_that_answers_wrongly_meets_nobody(
    story: Story, code: str, event: dict[str, Any], words: tuple[str, ...]
) -> None:
    """The error names the event, the place and both types; never a value, which may be secret."""
    good = {"payload": {"basket": [], "note": SECRET}}
    package = story.module(f"# {SECRET}\n{code}")
    story.when_released(package=package, probe={"events": [event, good]}).when_over()
    story.then_cause_says("probe event 1 of 2", "version 2 of checkout", *words)
    then_nobody_has_met_it(story)
    assert [each["ok"] for each in story.item()["probe"]["answers"]] == [False]


def test_the_event_that_fails_is_numbered(story: Story) -> None:
    """The bad example can add up apples; it is the plum that it lost."""
    apples = {"payload": {"basket": ["apple"]}, "expect": {"total": 30}}
    story.when_released("bad", probe={"events": [apples, FRUIT, apples]}).when_over()
    story.then_cause_says("probe event 2 of 3", "KeyError: 'plum'")
    then_nobody_has_met_it(story)
    assert [each["ok"] for each in story.item()["probe"]["answers"]] == [True, False]
    assert calls(story, "2") == 2


def test_an_answer_that_is_no_json_lacks_what_is_expected(story: Story) -> None:
    """A runtime may answer with any bytes; NaN is what Python's puts into an answer."""
    code = "def handler(event, context):\n    return {'total': float('nan')}"
    story.when_released(package=story.module(code), probe={"events": [FRUIT]}).when_over()
    story.then_cause_says("answered 14 bytes that are no JSON")
    then_nobody_has_met_it(story)


def test_an_answer_that_takes_too_long_fails(story: Story) -> None:
    """The function may run longer than a probe waits; it is asked once."""
    code = "import time\ndef handler(event, context):\n    time.sleep(500)"
    probe = {"events": [FRUIT, FRUIT]}
    story.when_released(
        package=story.module(code), configuration={"timeout": 600}, probe=probe
    ).when_over()
    story.then_cause_says("probe event 1 of 2", f"within {BUDGET_SECONDS // 2} s")
    then_nobody_has_met_it(story)
    assert story.states().count("ProbeVersion") == calls(story, "2") == 1


def test_a_probe_that_is_refused_for_good_fails(story: Story) -> None:
    """AWS's own sentence is told."""
    request = story.request(probe={"events": [FRUIT]})
    at(story, "Invoke", refused("InvalidRuntimeException"))
    story.when_requested(request).when_over()
    story.then_cause_says("cannot be invoked: InvalidRuntimeException: by the story")
    then_nobody_has_met_it(story)


def test_a_probe_that_is_throttled_is_sent_again(story: Story) -> None:
    """A function that has no concurrency left says nothing about the version."""
    request = story.given_traffic().request(probe={"events": [FRUIT]})
    at(story, "Invoke", refused("TooManyRequestsException"), times=3)
    story.when_requested(request).when_over().then_execution_is("SUCCEEDED")
    assert story.states().count("ProbeVersion") == 1


def test_a_lost_answer_is_not_a_good_one(story: Story) -> None:
    """Whoever cannot read the answer in time has none."""
    request = story.request(probe={"events": [NOTHING]})
    at(story, "Invoke", answer_lost)
    story.when_requested(request).when_over().then_cause_says("did not answer")
    then_nobody_has_met_it(story)


def test_a_redrive_probes_again(story: Story) -> None:
    """What was down is up again: the release goes on at that very step, with the same version."""
    code = """
import time
def handler(event, context):
    if time.time() < 1767607200:  # ten o'clock
        raise ConnectionError("the shop opens at ten")
    return {"total": 50}
"""
    story.when_released(package=story.module(code), probe={"events": [FRUIT]}).when_over()
    then_nobody_has_met_it(story).then_cause_says("the shop opens at ten")
    story.execution_is_redriven().when_over()
    story.then_execution_is("FAILED", "ProbeFailedError").then_lock_is_free()
    story.after(minutes=60).execution_is_redriven().when_over()
    story.then_execution_is("SUCCEEDED").then_alias_is({"2": 1})
    story.then_notifications_are(
        "failed: checkout:live", "failed: checkout:live", "promoted: checkout:live"
    )
    assert story.states().count("PublishVersion") == 3
    assert [each["ok"] for each in story.item()["probe"]["answers"]] == [True]


def test_a_stale_release_is_not_probed(story: Story) -> None:
    """Whose alias has moved meanwhile has nothing to try out any more."""
    story.when_released("bad", probe={"events": [FRUIT]}).when_over()
    then_nobody_has_met_it(story)
    story.aws.client("lambda").update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="2")
    story.alias_before = {"2": 1}
    story.execution_is_redriven().when_over().then_execution_is("FAILED", "ReleaseStaleError")
    assert calls(story, "2") == 1


def test_the_largest_events_fit_through_the_pipeline(story: Story) -> None:
    """No state's input comes near Step Functions' 256 KiB, and the record stays small."""
    large = {"payload": {"basket": ["apple"], "note": "x" * 130000}, "expect": {"total": 30}}
    story.when_released(probe={"events": [large]}).when_state_is("EvaluateCanary")
    inputs = [
        len(event["stateEnteredEventDetails"]["input"].encode())
        for event in story.aws.client("stepfunctions").get_execution_history(
            executionArn=story.execution
        )["events"]
        if "stateEnteredEventDetails" in event
    ]
    assert 130_000 < max(inputs) < 150_000
    assert len(json.dumps(story.item())) < 10_000


def test_a_dry_run_probes_nothing(story: Story) -> None:
    """The plan has the events, and no version is there to be asked."""
    story.when_released(dryRun=True, probe={"events": [FRUIT]}).when_over()
    story.then_execution_is("SUCCEEDED")
    plan = json.loads(story.sandbox.describe(story.execution)["output"])["plan"]
    assert plan["probe"] == {"events": [FRUIT]}
    assert story.items() == []
