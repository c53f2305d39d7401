"""`canary simulate`: forecasts for people, for machines, and from a function's own past."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal, run
from tests.pipeline.story import FUNCTION

QUICK = ("--runs", "20", "--chance", "0.5")


def test_what_is_told(elsewhere: Path) -> None:
    """What was assumed, what becomes of each kind of version, and what would be needed."""
    result = run("simulate", "--calls-per-minute", "6000", *QUICK)
    assert result.exit_code == 0
    for words in (
        "6000 calls a minute, 0.10% fail, latency spread 0.7 (assumed)",
        "10% for 5 min, then 10 min of bake",
        "evidence threshold 20 : 1",
        "common alarm: errors > 5 in 5 min, 2 of 2",
        "healthy (false rollback)",
        "of 20 simulated canaries each",
        "minutes needed to detect with 50% chance",
    ):
        assert words in result.stdout
    (broken,) = [line for line in result.stdout.splitlines() if "+50 pp" in line and "%" in line]
    assert broken.split()[3:7] == ["100.0%", "100.0%", "1", "min"]


def test_one_json_document(elsewhere: Path) -> None:
    """The same, with the policy of a request; an option goes before it."""
    request = {
        "policy": {"bakeMinutes": 3, "evidenceThreshold": 50, "latencySloMs": 500},
        "deployment": {"config": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"},
    }
    (elsewhere / "release.json").write_text(json.dumps(request))
    options = ("--request", "release.json", "--bake-minutes", "2", "--json", *QUICK)
    result = run("simulate", *options)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["bakeMinutes"], found["evidenceThreshold"]) == (2, 50)
    assert found["canaryShares"] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert found["outlooks"]["+50 pp"]["verdict"]["withBake"] == 1
    assert found["neededMinutes"]["+50 pp"]["50%"] <= found["neededMinutes"]["2x"]["50%"]
    assert json.loads(run("simulate", *options).stdout) == found
    assert json.loads(run("simulate", *options, "--seed", "2").stdout) != found


def test_a_chart(elsewhere: Path) -> None:
    """An SVG with the axes named."""
    assert run("simulate", "--chart", "detection.svg", *QUICK).exit_code == 0
    drawn = (elsewhere / "detection.svg").read_text()
    assert drawn.startswith("<svg")
    assert "rolled back" in drawn


def test_from_a_functions_past(terminal: Terminal) -> None:
    """Its traffic, its stored policy and its own alarm; what cannot be simulated is named."""
    terminal.story.given_policy_defaults(evidenceThreshold=40).after(minutes=31)
    found = terminal.json("simulate", "--from", FUNCTION, *QUICK)
    assert found["source"].startswith("checkout:live, last week")
    assert found["callsPerMinute"] == pytest.approx(60, abs=1)
    assert (found["errorRate"], found["evidenceThreshold"]) == (0, 40)
    assert found["alarms"] == {"canary-checkout-errors": "errors ≥ 1 in 1 min, 2 of 3"}
    assert found["notSimulated"] == []


def test_alarms_that_cannot_be_simulated_are_named(terminal: Terminal) -> None:
    """With the reason: another metric, another function, another period, a composite."""
    story, cloudwatch = terminal.story, terminal.story.aws.client("cloudwatch")
    errors: dict[str, object] = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
    }
    errors |= {"EvaluationPeriods": 1, "Threshold": 1}
    errors |= {"ComparisonOperator": "GreaterThanThreshold"}
    ours = [{"Name": "FunctionName", "Value": FUNCTION}]
    theirs = [{"Name": "FunctionName", "Value": "other"}]
    others: dict[str, dict[str, object]] = {
        "canary-slow": {"MetricName": "Duration", "Dimensions": ours},
        "canary-other": {"Dimensions": theirs},
        "canary-few": {"Dimensions": ours, "ComparisonOperator": "LessThanThreshold"},
    }
    for name, more in others.items():
        cloudwatch.put_metric_alarm(AlarmName=name, **errors | more)
    names = ["canary-checkout-errors", "canary-slow", "canary-other", "canary-few"]
    story.aws.client("codedeploy").update_deployment_group(
        applicationName=story.sandbox.outputs["ApplicationName"],
        currentDeploymentGroupName=f"{FUNCTION}-live",
        alarmConfiguration={"enabled": True, "alarms": [{"name": name} for name in names]},
    )
    story.after(minutes=10)
    found = terminal.json("simulate", "--from", FUNCTION, *QUICK)
    assert list(found["alarms"]) == names[:1]
    assert sorted(found["notSimulated"]) == [
        "canary-few (other period or comparison)",
        "canary-other (other dimensions than those of the function or its alias)",
        "canary-slow (no sum of Errors)",
    ]


def test_without_a_past_there_is_nothing_to_learn(terminal: Terminal) -> None:
    """A function that was never called, with what to type instead."""
    result = terminal.type("simulate", "--from", "checkout", "--alias", "other")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "checkout:other has served no call in the last week" in result.stderr
    assert "canary simulate --calls-per-minute" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--share", "10"), "--share and --minutes go together"),
        (("--config", "ours"), "Say what it does instead: --share 10 --minutes 5"),
        (("--config", "CodeDeployDefault.LambdaAllAtOnce"), "there is no canary to compare"),
        (("--evidence-threshold", "2"), "The policy is not valid: Expected `float` >= 10.0"),
        (("--error-rate", "7"), "not in the range"),
        (("--calls-per-minute", "0"), "not in the range"),
        (("--request", "text"), "text is no JSON"),
        (("--request", "list"), "list holds no JSON object"),
        (("--request", "policy"), "The request's policy must be an object"),
        (("--request", "typo"), "The policy is not valid: Object contains unknown field `bake`"),
    ],
)
def test_bad_input_is_a_sentence(elsewhere: Path, options: tuple[str, ...], words: str) -> None:
    """Exit code 1, nothing simulated."""
    files = {
        "text": "{",
        "list": "[]",
        "policy": '{"policy": 1}',
        "typo": '{"policy": {"bake": 1}}',
    }
    for name, content in files.items():
        (elsewhere / name).write_text(content)
    result = run("simulate", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr
