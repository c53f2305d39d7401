"""Security Hub: who may change what of a finding, and how it is found again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws
from tests.localaws.roles import open_queue

PRODUCT = "arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default"


def finding(name: str = "one", minute: int = 0, **members: Any) -> dict[str, Any]:
    """A finding as a scanner sends it."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": name,
        "ProductArn": PRODUCT,
        "GeneratorId": "bandit/B608",
        "AwsAccountId": "123456789012",
        "CreatedAt": "2026-01-05T09:00:00Z",
        "UpdatedAt": f"2026-01-05T09:{minute:02}:00Z",
        "Title": "a title",
        "Description": "a description",
        "Resources": [{"Type": "Other", "Id": "shop"}],
        "ProductFields": {"target": "shop:live"},
        "FindingProviderFields": {"Severity": {"Label": "HIGH"}, "Types": ["Software"]},
    } | members


def enabled(aws: LocalAws) -> Any:
    """A client, where Security Hub is enabled."""
    client = aws.client("securityhub")
    client.enable_security_hub()
    return client


def only(client: Any, **filters: Any) -> dict[str, Any]:
    """The one finding that a filter means."""
    (found,) = client.get_findings(Filters=filters)["Findings"]
    return dict(found)


def equals(value: str, comparison: str = "EQUALS", **key: str) -> list[dict[str, str]]:
    """One condition."""
    return [{"Value": value, "Comparison": comparison, **key}]


def test_nothing_is_taken_before_it_is_enabled(aws: LocalAws) -> None:
    """Nor after it is disabled; enabling twice is a conflict."""
    client = aws.client("securityhub")
    for call in (
        lambda: client.batch_import_findings(Findings=[finding()]),
        client.get_findings,
        client.describe_hub,
        client.disable_security_hub,
    ):
        with pytest.raises(ClientError, match="not subscribed to AWS Security Hub") as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "InvalidAccessException"
    client.enable_security_hub()
    with pytest.raises(ClientError, match="already subscribed"):
        client.enable_security_hub()
    assert client.describe_hub()["HubArn"].endswith(":hub/default")
    client.disable_security_hub()
    with pytest.raises(ClientError, match="not subscribed"):
        client.get_findings()


def test_a_newer_finding_replaces_an_older_one(aws: LocalAws) -> None:
    """By its id; what is no newer is ignored."""
    client = enabled(aws)
    client.batch_import_findings(Findings=[finding(minute=5)])
    client.batch_import_findings(Findings=[finding(minute=5, Title="ignored")])
    assert only(client)["Title"] == "a title"
    client.batch_import_findings(Findings=[finding(minute=6, RecordState="ARCHIVED")])
    found = only(client)
    assert (found["RecordState"], found["Severity"]["Normalized"]) == ("ARCHIVED", 70)


def test_an_import_is_announced(aws: LocalAws) -> None:
    """A rule gets the finding; what was ignored is not announced."""
    arn = open_queue(aws, "announced")
    rules = aws.client("events")
    pattern = '{"detail-type": ["Security Hub Findings - Imported"]}'
    rules.put_rule(Name="findings", EventPattern=pattern)
    target = {"Id": "1", "Arn": arn, "InputPath": "$.detail.findings[0].Id"}
    rules.put_targets(Rule="findings", Targets=[target])
    client = enabled(aws)
    for _ in range(2):
        client.batch_import_findings(Findings=[finding()])
    aws.clock.advance(1)
    url = aws.client("sqs").get_queue_url(QueueName="announced")["QueueUrl"]
    received = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [each["Body"] for each in received] == ['"one"']


def test_what_people_say_of_a_finding_stays(aws: LocalAws) -> None:
    """Importing changes neither note nor workflow; updating says which findings it did not know."""
    client = enabled(aws)
    client.batch_import_findings(Findings=[finding()])
    answer = client.batch_update_findings(
        FindingIdentifiers=[{"Id": each, "ProductArn": PRODUCT} for each in ("one", "two")],
        Note={"Text": "accepted", "UpdatedBy": "somebody"},
        Severity={"Label": "LOW"},
        Workflow={"Status": "SUPPRESSED"},
    )
    assert [each["Id"] for each in answer["ProcessedFindings"]] == ["one"]
    (unknown,) = answer["UnprocessedFindings"]
    assert unknown["FindingIdentifier"]["Id"] == "two"
    assert only(client)["Severity"]["Label"] == "LOW"
    client.batch_import_findings(Findings=[finding(minute=9, Workflow={"Status": "NEW"})])
    found = only(client, WorkflowStatus=equals("SUPPRESSED"))
    assert (found["Note"]["Text"], found["Severity"]["Label"]) == ("accepted", "HIGH")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"ProductArn": PRODUCT.replace("/default", "/other")}, "ProductArn"),
        ({"AwsAccountId": "210987654321"}, "AwsAccountId"),
        ({"FindingProviderFields": {"Severity": {"Label": "LOW"}}}, "Types"),
        ({"FindingProviderFields": {"Types": ["Software"]}}, "Severity"),
        ({"UpdatedAt": "yesterday"}, "no time"),
        ({"UpdatedAt": "2026-01-05T09:00:00"}, "no time zone"),
    ],
)
def test_a_finding_that_is_wrong_fails_alone(
    aws: LocalAws, members: dict[str, Any], words: str
) -> None:
    """The answer is no error: it names the finding, and the others are taken."""
    client = enabled(aws)
    answer = client.batch_import_findings(Findings=[finding("wrong", **members), finding()])
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1)
    (failed,) = answer["FailedFindings"]
    assert (failed["Id"], failed["ErrorCode"]) == ("wrong", "InvalidInput")
    assert words in failed["ErrorMessage"]
    assert only(client)["Id"] == "one"


def test_no_more_than_a_hundred_at_once(aws: LocalAws) -> None:
    """The page of an answer holds no more, either."""
    client = enabled(aws)
    many = [finding(f"{number:03}") for number in range(101)]
    with pytest.raises(ClientError, match="less than or equal to 100"):
        client.batch_import_findings(Findings=many)
    for batch in (many[:100], many[100:]):
        client.batch_import_findings(Findings=batch)
    page = client.get_findings(MaxResults=100)
    rest = client.get_findings(MaxResults=100, NextToken=page["NextToken"])
    assert [len(each["Findings"]) for each in (page, rest)] == [100, 1]
    assert "NextToken" not in rest


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"Id": equals("one")}, ["one"]),
        ({"Id": [*equals("one"), *equals("two")]}, ["one", "two"]),
        ({"Id": equals("one", "NOT_EQUALS")}, ["two"]),
        ({"GeneratorId": equals("bandit/", "PREFIX")}, ["one", "two"]),
        ({"SeverityLabel": equals("LOW"), "RecordState": equals("ACTIVE")}, ["two"]),
        ({"ProductFields": equals("shop:live", Key="target")}, ["one"]),
        ({"ProductFields": equals("x", Key="other")}, []),
        ({"ResourceId": equals("ho", "CONTAINS"), "Title": equals("a title")}, ["one", "two"]),
        ({"ResourceType": equals("Other", "NOT_CONTAINS")}, []),
        ({"Type": equals("Software", "PREFIX_NOT_EQUALS")}, []),
    ],
)  # fmt: skip
def test_a_filter_means_some(aws: LocalAws, filters: dict[str, Any], expected: list[str]) -> None:
    """Any value of one filter, all filters together; negations exclude."""
    client = enabled(aws)
    low = {"Severity": {"Label": "LOW"}, "Types": ["Software"]}
    other = finding("two", ProductFields={"target": "bar:live"}, FindingProviderFields=low)
    client.batch_import_findings(Findings=[finding(), other])
    found = client.get_findings(Filters=filters)["Findings"]
    assert [each["Id"] for each in found] == expected


@pytest.mark.parametrize(
    "arguments",
    [
        {"Filters": {"ThreatIntelIndicatorValue": equals("x")}},
        {"Filters": {"Id": equals("x", "CONTAINS_WORD")}},
        {"SortCriteria": [{"Field": "Id", "SortOrder": "asc"}]},
    ],
)
def test_what_nobody_here_knows_raises(aws: LocalAws, arguments: dict[str, Any]) -> None:
    """No filter is silently passed over."""
    client = enabled(aws)
    client.batch_import_findings(Findings=[finding()])
    with pytest.raises(NotImplementedError):
        client.get_findings(**arguments)
