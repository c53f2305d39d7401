"""The findings gate: findings go to Security Hub, and grave ones stop a release."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.pipeline.conftest import Tell
from tests.pipeline.faults import Call, at, followed_by, refused
from tests.pipeline.story import FUNCTION, Story

SQL, SHELL = ("B608", "error", 12), ("B602", "error", 30)
ACCEPTED = {"rule": "B608", "path": "app.py", "reason": "no user reaches it"}


def sarif(*results: tuple[str, str, int], **run: Any) -> dict[str, Any]:
    """A report of rules with their level and line, in app.py."""
    found = [
        {
            "ruleId": rule,
            "level": level,
            "message": {"text": f"about {rule}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "app.py"},
                        "region": {"startLine": line},
                    }
                }
            ],
        }
        for rule, level, line in results
    ]
    runs = [{"tool": {"driver": {"name": "Bandit"}}, "results": found, **run}]
    return {"version": "2.1.0", "runs": runs}


def upload(story: Story, document: Any, key: str = "reports/scan.json") -> str:
    """Put a document into the bucket; returns its key."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    story.sandbox.upload(body, key)
    return key


def scanned(story: Story, document: Any, report_format: str = "sarif", **members: Any) -> Story:
    """A release with one report runs to its end."""
    key = upload(story, document)
    findings = [{"format": report_format, "key": key}]
    return story.when_released(findings=findings, **members).when_over()


def excepted(story: Story, **entry: Any) -> str:
    """A file with one exception, uploaded."""
    document = {"schema": 1, "exceptions": [ACCEPTED | entry]}
    return upload(story, document, "reports/exceptions.json")


def imported(story: Story, state: str = "ACTIVE") -> list[dict[str, Any]]:
    """What Security Hub has."""
    filters = {"RecordState": [{"Value": state, "Comparison": "EQUALS"}]}
    found = story.aws.client("securityhub").get_findings(Filters=filters)["Findings"]
    return list(found)


@pytest.fixture
def hub(story: Story) -> Story:
    """A stack in an account with Security Hub."""
    story.aws.client("securityhub").enable_security_hub()
    return story


def test_grave_findings_stop_a_release_until_they_are_mended(hub: Story) -> None:
    """Blocked and named; then gone, archived in Security Hub, and released."""
    scanned(hub, sarif(SQL, SHELL, ("B101", "note", 3)))
    hub.then_execution_is("FAILED", "FindingsBlockedError").then_alias_is({"1": 1})
    hub.then_cause_says("2 problems are high or graver", "high B608 in app.py:12 (Bandit)")
    assert "SignPackage" not in hub.states()
    kept = hub.item()["findings"]
    assert (kept["problems"]["high"], kept["problems"]["low"], kept["blocked"]) == (2, 1, 2)
    hub.then_outcome_is("failed").then_lock_is_free()
    before = {each["Id"]: each for each in imported(hub)}
    assert len(before) == kept["imported"] == 3
    one = next(each for each in before.values() if each["GeneratorId"] == "Bandit/B608")
    assert one["Severity"]["Label"] == "HIGH"
    assert one["Resources"][0]["Id"].endswith(f":function:{FUNCTION}")
    assert one["ProductFields"]["lambda-canary/release"] == hub.release

    hub.given_traffic()
    scanned(hub, sarif(("B101", "note", 5))).then_execution_is("SUCCEEDED")
    (left,) = imported(hub)
    assert before[left["Id"]]["CreatedAt"] == left["CreatedAt"] < left["UpdatedAt"]
    assert {each["Id"] for each in imported(hub, "ARCHIVED")} == before.keys() - {left["Id"]}
    kept = hub.evidence()["release"]["findings"]
    assert (kept["imported"], kept["archived"], kept["blocked"]) == (1, 2, 0)
    (report,) = hub.evidence()["release"]["plan"]["scans"]["reports"]
    assert (report["key"], len(report["version"]) > 1) == ("reports/scan.json", True)


def test_an_exception_lets_its_finding_pass_until_it_expires(hub: Story) -> None:
    """With reason and expiry it passes and is recorded; expired or reasonless it is only named."""
    for entry, words in (
        ({"expires": "2026-01-04"}, "exception 1 (B608): it expired on 2026-01-04"),
        ({"expires": "2026-02-01", "reason": " "}, "exception 1 (B608): it has no reason"),
        ({"expires": "2026-02-01", "paht": "app.py"}, "unknown field `paht`"),
    ):
        scanned(hub, sarif(SQL), exceptions=excepted(hub, **entry))
        hub.then_execution_is("FAILED", "FindingsBlockedError").then_cause_says("B608", words)
    file = excepted(hub, expires="2026-01-05")
    scanned(hub, sarif(SQL), exceptions=file, policy={"bakeMinutes": 0})
    hub.then_execution_is("SUCCEEDED")
    assert hub.item()["findings"]["exceptions"] == [
        {**ACCEPTED, "expires": "2026-01-05", "problems": 1}
    ]
    (one,) = imported(hub)
    assert one["ProductFields"]["lambda-canary/exception"] == (
        "no user reaches it (until 2026-01-05)"
    )


def test_what_could_not_be_read_is_not_clean(hub: Story) -> None:
    """The version that was there is read, or nothing is; no release goes on without a report."""
    failed = [{"executionSuccessful": False}]
    scanned(hub, sarif(invocations=failed)).then_execution_is("FAILED", "ReportUnreadableError")
    hub.then_cause_says("reports/scan.json", "Bandit says that it did not succeed")
    hub.when_released(
        findings=[{"format": "sarif", "key": upload(hub, sarif())}],
        exceptions=upload(hub, [], "reports/none.json"),
    ).when_over()
    hub.then_execution_is("FAILED", "ReportUnreadableError").then_cause_says(
        "no file of exceptions"
    )
    request = hub.request(findings=[{"format": "sarif", "key": upload(hub, sarif())}])
    version = hub.aws.client("s3").head_object(
        Bucket=hub.sandbox.outputs["ArtifactBucket"], Key="reports/scan.json"
    )["VersionId"]
    at(hub, "TransactWriteItems", followed_by(lambda: deleted(hub, version)))
    hub.when_requested(request).when_over().then_execution_is("FAILED", "ReportUnreadableError")
    hub.then_cause_says("it is no longer there", f"version {version}")
    assert imported(hub) == []


def deleted(story: Story, version: str) -> None:
    """The report is gone for good."""
    story.aws.client("s3").delete_object(
        Bucket=story.sandbox.outputs["ArtifactBucket"], Key="reports/scan.json", VersionId=version
    )


def test_a_finding_that_is_not_taken_is_sent_again(hub: Story) -> None:
    """Only that one; and when it never is, the release fails, and a redrive goes on."""
    sent: list[int] = []

    def partly(call: Call) -> Any:
        answer = call()
        found = imported(hub)
        sent.append(len(found))
        error = {"ErrorCode": "InternalError", "ErrorMessage": "by the story"}
        return answer | {"FailedCount": 1, "FailedFindings": [{"Id": found[0]["Id"], **error}]}

    at(hub, "BatchImportFindings", partly, times=5)
    report = sarif(("B101", "note", 3), ("B102", "note", 4))
    scanned(hub, report, policy={"bakeMinutes": 0})
    hub.then_execution_is("FAILED", "FindingsNotImportedError")
    hub.then_cause_says("did not take 1 findings, asked 4 times", "InternalError: by the story")
    hub.execution_is_redriven().when_over().then_execution_is("SUCCEEDED")
    assert sent == [2] * 5


def test_without_security_hub_findings_go_nowhere(story: Story) -> None:
    """The release says what to enable, and a redrive takes it up; throttles are waited out."""
    scanned(story, sarif(), policy={"bakeMinutes": 0})
    story.then_execution_is("FAILED", "FindingsNotImportedError")
    story.then_cause_says("is not subscribed", "Enable Security Hub")
    story.aws.client("securityhub").enable_security_hub()
    at(story, "GetFindings", refused("LimitExceededException"), times=2)
    story.execution_is_redriven().when_over().then_execution_is("SUCCEEDED")


def test_a_request_keeps_to_the_stack_s_floor(tell: Tell) -> None:
    """Neither without reports, nor with a laxer gate; a stricter one holds."""
    story = tell(None, {"RequireFindings": "high"})
    story.aws.client("securityhub").enable_security_hub()
    story.when_released().when_over().then_execution_is("FAILED", "InvalidRequestError")
    story.then_cause_says("names no findings", "RequireFindings", "Nothing changed")
    for members, words in (
        ({"policy": {"blockOn": "critical"}}, "policy.blockOn is 'critical'"),
        ({"exceptions": "reports/absent.json"}, "there is no report"),
        ({"exceptions": "reports/../incoming/x"}, "exceptions"),
        ({"findings": [{"format": "sarif", "key": "incoming/x"}]}, "findings[0].key"),
        ({"findings": [{"format": "sarif", "key": "reports/gone"}]}, "there is no report"),
    ):
        given = {"findings": [{"format": "sarif", "key": upload(story, sarif())}]} | members
        story.when_released(**given).when_over().then_execution_is("FAILED", "InvalidRequestError")
        story.then_cause_says(words, "Nothing changed")
    warning = sarif(("B404", "warning", 1))
    scanned(story, warning, policy={"blockOn": "medium"})
    story.then_execution_is("FAILED", "FindingsBlockedError").then_cause_says("medium or graver")
    story.given_policy_defaults(blockOn="critical")
    scanned(story, warning).then_execution_is("FAILED", "InvalidRequestError")
    story.then_cause_says("blockOn among the function's stored defaults")
