"""`canary release`: what it shows, what it sends, and what it exits with."""

from __future__ import annotations

import json
import re

import pytest

from canary.cli import summary
from canary.cli.watch import Glance, Watch
from release.errors import AwsUnavailableError
from tests.cli.conftest import Terminal
from tests.findings.record import RECORDED
from tests.pipeline import faults

PROMOTED = """\
Uploaded good.zip (SIZE bytes) to s3://BUCKET/incoming/checkout-HASH-20260105-090229.zip
Release checkout-HASH-20260105-090229 of checkout:live has started.
time      state              alias, and what each version served in the last minute     verdict
09:02:30  SignPackage        v1 100%   60 calls   0 errors
09:02:35  PublishVersion     v1 100%   60 calls   0 errors
09:02:45  EvaluateCanary     v1 100%   60 calls   0 errors                              continue
09:03:00  EvaluateCanary     v1  90%   12 calls   0 errors │ v2  10%    1 calls   0 errors  continue
09:04:00  EvaluateCanary     v1  90%   56 calls   0 errors │ v2  10%    4 calls   0 errors  continue
09:05:00  EvaluateCanary     v1  90%   54 calls   0 errors │ v2  10%    6 calls   0 errors  continue
09:06:00  EvaluateCanary     v1  90%   55 calls   0 errors │ v2  10%    5 calls   0 errors  continue
09:07:00  EvaluateCanary     v1  90%   51 calls   0 errors │ v2  10%    9 calls   0 errors  continue
09:08:00  EvaluateCanary     v2 100%   60 calls   0 errors                              inconclusive
09:08:15  ReleasePromoted    v2 100%   60 calls   0 errors                              promote
"""
_VARYING = {
    r"s3://[^/]+": "s3://BUCKET",
    r"\d+ bytes": "SIZE bytes",
    r"checkout-[0-9a-f]{8}": "checkout-HASH",
}


def executions(terminal: Terminal) -> list[str]:
    """The names of all releases so far."""
    machine = terminal.story.sandbox.outputs["ReleaseStateMachineArn"]
    client = terminal.story.aws.client("stepfunctions")
    return [each["name"] for each in client.list_executions(stateMachineArn=machine)["executions"]]


def request_of(terminal: Terminal, name: str) -> dict[str, object]:
    """What the release was asked for."""
    machine = terminal.story.sandbox.outputs["ReleaseStateMachineArn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return dict(json.loads(terminal.story.sandbox.describe(arn)["input"]))


def test_a_good_version_is_promoted(terminal: Terminal) -> None:
    """Exit 0; each change is a line, and so is each minute of the canary."""
    terminal.story.after(minutes=2)
    result = terminal.type(
        "release", "checkout", "--package", terminal.package(), "--bake-minutes=0"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    shown = result.stdout
    for varying, fixed in _VARYING.items():
        shown = re.sub(varying, fixed, shown)
    *lines, last = [line.rstrip() for line in shown.splitlines()]
    assert lines == PROMOTED.splitlines()
    assert last.startswith("promoted: checkout:live serves version 2 alone; version 2 failed 0 of")
    terminal.story.then_alias_is({"2": 1})


def test_a_bad_version_is_rolled_back(terminal: Terminal) -> None:
    """Exit 2, and JSON on stdout says why; progress goes to stderr."""
    found = terminal.json("release", "checkout", "--package", terminal.package("bad"), code=2)
    assert (found["outcome"], found["exitCode"]) == ("rolled_back", 2)
    assert (found["stableVersion"], found["newVersion"]) == ("1", "2")
    assert "canary-checkout-errors is in ALARM" in found["reason"]
    terminal.story.then_alias_is({"1": 1})


def test_reports_are_uploaded_and_named(terminal: Terminal) -> None:
    """What the scanners wrote is gated on; a report that is none is refused before anything."""
    terminal.story.aws.client("securityhub").enable_security_hub()
    report = terminal.directory / "bandit.sarif"
    report.write_text((RECORDED / "bandit.sarif").read_text())
    accepted = terminal.directory / "accepted.json"
    accepted.write_text('{"schema": 1, "exceptions": [{"rule": "B602"}]}')
    arguments = ("release", "checkout", "--package", terminal.package())
    found = terminal.json(
        *arguments, "--findings", f"sarif={report}", "--exceptions", str(accepted), code=1
    )
    assert found["error"] == "FindingsBlockedError"
    (name,) = executions(terminal)
    asked = request_of(terminal, name)
    assert asked["findings"] == [{"format": "sarif", "key": f"reports/{name}/1-sarif.json"}]
    assert asked["exceptions"] == f"reports/{name}/exceptions.json"
    for wrong in ("bandit.sarif", "xml=bandit.sarif", "sarif=gone.sarif"):
        assert terminal.type(*arguments, "--findings", wrong).exit_code == 1
    assert executions(terminal) == [name]


def test_a_dry_run_shows_the_plan_and_changes_nothing(terminal: Terminal) -> None:
    """Exit 0 for a release that could go; the plan is for people and for machines."""
    arguments = ("release", "checkout", "--package", terminal.package(), "--dry-run")
    result = terminal.type(*arguments)
    assert result.exit_code == 0
    assert "planned: checkout:live can be released; nothing was changed." in result.stdout
    assert "traffic   CodeDeployDefault.LambdaCanary10Percent5Minutes, 5 min" in result.stdout
    found = terminal.json(*arguments, "--bake-minutes", "7")
    assert (found["outcome"], found["plan"]["policy"]["bakeMinutes"]) == ("planned", 7)
    assert terminal.story.items() == []


def test_a_refused_release_is_the_users_to_set_right(terminal: Terminal) -> None:
    """Exit 1 with the error's name and sentence, also for a dry run."""
    package = terminal.package()
    for more in ([], ["--dry-run"]):
        result = terminal.type("release", "chekout", "--package", package, *more)
        assert result.exit_code == 1
        assert "TargetNotReadyError: there is no function chekout" in result.stdout
    found = terminal.json("release", "chekout", "--package", package, code=1)
    assert (found["outcome"], found["error"]) == ("refused", "TargetNotReadyError")


def test_a_refusal_before_traffic_is_the_users_too(terminal: Terminal) -> None:
    """The alarm went red after the plan; nothing that serves was touched: exit 1."""
    story = terminal.story
    faults.at(story, "PublishVersion", faults.followed_by(story.alarm_fires))
    found = terminal.json("release", "checkout", "--package", terminal.package(), code=1)
    assert found["error"] == "ReleaseRefused"
    assert "AlarmCoverageError" in found["reason"]


def test_a_release_that_dies_exits_3(terminal: Terminal) -> None:
    """Aborted from outside: neither promoted nor rolled back by its own verdict, nor refused."""
    story = terminal.story

    def stop() -> None:
        (name,) = executions(terminal)
        machine = story.sandbox.outputs["ReleaseStateMachineArn"]
        story.execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        story.execution_is_stopped()

    story.aws.clock.after(120, stop)
    found = terminal.json("release", "checkout", "--package", terminal.package(), code=3)
    assert (found["status"], found["outcome"], found["error"]) == ("ABORTED", "failed", "Stopped")
    story.after(minutes=3).then_alias_is({"1": 1})


def test_without_waiting_it_only_starts(terminal: Terminal) -> None:
    """Exit 0 at once, with the commands that go on."""
    result = terminal.type("release", "checkout", "--package", terminal.package(), "--no-wait")
    assert result.exit_code == 0
    assert "canary status checkout --watch" in result.stdout
    assert "time      state" not in result.stdout
    (name,) = executions(terminal)
    assert name in result.stdout


def test_a_job_need_not_wait_out_the_bake(terminal: Terminal) -> None:
    """With --until bake it ends when all traffic is on the new version; the release goes on."""
    file = terminal.directory / "summary.md"
    file.write_text("what another step said\n")
    more = ("--until", "bake", "--summary", str(file))
    found = terminal.json("release", "checkout", "--package", terminal.package(), *more)
    assert (found["status"], found["outcome"], found["newVersion"]) == ("RUNNING", "baking", "2")
    told = file.read_text()
    assert told.startswith("what another step said\n### checkout:live: baking\n")
    assert "| versions | 1 → 2 |" in told
    assert f"#/v2/executions/details/{found['executionArn']}" in told
    terminal.story.then_alias_is({"2": 1})
    outcomes = [each["outcome"] for each in terminal.story.items() if each["sk"] == "release"]
    assert outcomes == ["in_progress"]


def test_the_summary_tells_a_plan_and_a_refusal(terminal: Terminal) -> None:
    """As Markdown in which nothing that was said can become a row, a link or a tag."""
    file = terminal.directory / "summary.md"
    package = ("--package", terminal.package(), "--summary", str(file))
    assert terminal.type("release", "checkout", *package, "--dry-run").exit_code == 0
    assert "### checkout:live: planned" in file.read_text()
    assert "| alarms | canary-checkout-errors |" in file.read_text()
    file.write_text("")
    assert terminal.type("release", "chekout", *package).exit_code == 1
    assert file.read_text().startswith("### chekout:live: refused\n\nthere is no function chekout")
    assert summary.escape("|<b>[x](y)`\n") == "\\|\\<b\\>\\[x\\](y)\\`"


def test_ctrl_c_stops_following_only(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130, how to go on, and the release is promoted all the same."""
    looks = iter([1, 1, 1])
    glance = Watch.glance

    def interrupted(watch: Watch, now: object) -> Glance:
        if next(looks, None) is None:
            raise KeyboardInterrupt
        return glance(watch, now)  # type: ignore[arg-type]

    monkeypatch.setattr(Watch, "glance", interrupted)
    result = terminal.type("release", "checkout", "--package", terminal.package())
    assert result.exit_code == 130
    assert "No longer following; it goes on by itself." in result.stdout
    assert "canary rollback checkout" in result.stdout
    terminal.story.after(minutes=20).then_alias_is({"2": 1})


def test_following_outlives_an_aws_that_does_not_answer(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be seen now is looked for again, and said."""
    trouble = iter([AwsUnavailableError("throttled [/]")])
    glance = Watch.glance

    def flaky(watch: Watch, now: object) -> Glance:
        for error in trouble:
            raise error
        return glance(watch, now)  # type: ignore[arg-type]

    monkeypatch.setattr(Watch, "glance", flaky)
    result = terminal.type("release", "checkout", "--package", terminal.package())
    assert result.exit_code == 0
    assert "could not look (throttled [/]); trying again" in result.stdout


# -- what is sent ----------------------------------------------------------------------------------


def test_options_go_before_the_request_file(terminal: Terminal) -> None:
    """Every field can be given in the file; what is typed is what counts."""
    file = terminal.directory / "release.json"
    file.write_text(
        json.dumps(
            {
                "schema": 1,
                "function": "other",
                "policy": {"bakeMinutes": 30, "guardMinutes": 5},
                "change": {"notes": "on a Monday"},
            }
        )
    )
    more = ("--request", str(file), "--bake-minutes", "2", "--commit", "3f2c1ab", "--no-wait")
    config = "CodeDeployDefault.LambdaCanary10Percent10Minutes"
    found = terminal.json(
        "release", "checkout", "--package", terminal.package(), *more, "--config", config
    )
    sent = request_of(terminal, found["release"])
    package = sent.pop("package")
    assert isinstance(package, dict)
    assert package["key"] == f"incoming/{found['release']}.zip"
    assert sent == {
        "schema": 1,
        "function": "checkout",
        "alias": "live",
        "policy": {"bakeMinutes": 2, "guardMinutes": 5},
        "change": {"notes": "on a Monday", "commit": "3f2c1ab"},
        "deployment": {"config": config},
    }


def test_a_release_is_named_for_people(terminal: Terminal) -> None:
    """Function, what is released, and when; never longer than AWS allows."""
    name = "f" * 64
    found = terminal.json("release", name, "--package", terminal.package(), "--no-wait")
    assert re.fullmatch(r"f{55}-[0-9a-f]{8}-20260105-\d{6}", found["release"])
    assert len(found["release"]) == 80


def test_bad_input_is_refused_before_anything_is_uploaded(terminal: Terminal) -> None:
    """Exit 1 with a sentence on stderr, never a traceback; no object, no execution."""
    terminal.package()
    (terminal.directory / "text.zip").write_text("no zip")
    (terminal.directory / "list.json").write_text("[]")
    client = terminal.story.aws.client("s3")
    bucket = terminal.story.sandbox.outputs["ArtifactBucket"]
    before = client.list_object_versions(Bucket=bucket)["Versions"]
    good = ["--package", "good.zip"]
    for arguments, words in (
        (["--package", "absent.zip"], "absent.zip"),
        (["--package", "text.zip"], "text.zip is no zip file. Nothing was uploaded."),
        ([], "package"),
        ([*good, "--bake-minutes", "-1"], "policy.bakeMinutes"),
        ([*good, "--alias", "7"], "alias"),
        ([*good, "--request", "list.json"], "list.json holds no JSON object"),
        ([*good, "--request", "text.zip"], "text.zip is no JSON"),
        ([*good, "--bake-minutes", "x"], "--bake-minutes"),
        (["--pakage", "good.zip"], "--pakage"),
    ):
        result = terminal.type("release", "checkout", *arguments)
        assert (result.exit_code, result.stdout) == (1, ""), arguments
        assert words in result.stderr
        assert "Traceback" not in result.stderr
    assert client.list_object_versions(Bucket=bucket)["Versions"] == before
    assert executions(terminal) == []
