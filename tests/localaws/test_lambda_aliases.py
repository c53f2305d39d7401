"""Aliases: their rules, their revisions, and where they send calls."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canary.localaws import LocalAws, awslambda
from tests.localaws.packages import (
    ECHO,
    FAILING,
    call,
    create,
    publish,
    released,
    role,
    split,
    total,
)

OTHER = "def handler(event, context):\n    return {'version': 'b' + context.function_version}\n"


def test_an_alias_has_revisions_of_its_own(aws: LocalAws) -> None:
    """An update changes the alias's RevisionId, not the function's; a stale one is refused."""
    released(aws, ECHO, FAILING)
    client = aws.client("lambda")
    function = client.get_function_configuration(FunctionName="orders")["RevisionId"]
    first = client.get_alias(FunctionName="orders", Name="live")["RevisionId"]
    second = split(aws, {"2": 0.1}, RevisionId=first)["RevisionId"]
    assert first != second
    with pytest.raises(client.exceptions.PreconditionFailedException) as failure:
        split(aws, {}, RevisionId=first)
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert client.get_alias(FunctionName="orders", Name="live")["RevisionId"] == second
    assert client.get_function_configuration(FunctionName="orders")["RevisionId"] == function


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.7}}}, "ValidationException"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.1}}}, "ValidationException"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "3": 0.1}}},
            "InvalidParameterValueException",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}},
            "InvalidParameterValueException",
        ),
        (
            {
                "FunctionVersion": "$LATEST",
                "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}},
            },
            "InvalidParameterValueException",
        ),
        ({"FunctionVersion": "live"}, "ValidationException"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"9": 0.1}}},
            "ResourceNotFoundException",
        ),
        ({"FunctionVersion": "9"}, "ResourceNotFoundException"),
        ({"Name": "absent"}, "ResourceNotFoundException"),
    ],
)
def test_what_aws_refuses_changes_nothing(aws: LocalAws, change: dict[str, Any], code: str) -> None:
    """The alias is as it was before, with the same revision."""
    released(aws, ECHO, FAILING)
    client = aws.client("lambda")
    before = client.get_alias(FunctionName="orders", Name="live")
    with pytest.raises(ClientError) as failure:
        client.update_alias(**{"FunctionName": "orders", "Name": "live"} | change)
    assert failure.value.response["Error"]["Code"] == code
    after = client.get_alias(FunctionName="orders", Name="live")
    assert (after["FunctionVersion"], after["RevisionId"]) == ("1", before["RevisionId"])
    assert "RoutingConfig" not in after


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Role": "another"}, "same execution role"),
        ({"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:1:q"}}, "same dead-letter"),
    ],
)
def test_weighted_versions_share_role_and_dead_letter_queue(
    aws: LocalAws, change: dict[str, Any], message: str
) -> None:
    """A release that changes either cannot be canaried by weights."""
    released(aws, ECHO)
    client = aws.client("lambda")
    if "Role" in change:
        change = {"Role": role(aws, change["Role"])}
    client.update_function_configuration(FunctionName="orders", **change)
    aws.clock.advance(2)
    publish(aws)
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=message):
        split(aws, {"2": 0.1})


def test_routing_is_kept_or_cleared(aws: LocalAws) -> None:
    """FunctionVersion alone keeps the weights; empty weights or routing config end the split."""
    released(aws, ECHO, FAILING, OTHER)
    client = aws.client("lambda")
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    split(aws, {"2": 0.1})
    kept = client.update_alias(FunctionName="orders", Name="live", FunctionVersion="3")
    assert (kept["FunctionVersion"], kept["RoutingConfig"]) == ("3", weights)
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="already included"):
        client.update_alias(FunctionName="orders", Name="live", FunctionVersion="2")
    assert "RoutingConfig" not in split(aws, {})
    split(aws, {"2": 0.1})
    cleared = client.update_alias(FunctionName="orders", Name="live", RoutingConfig={})
    assert "RoutingConfig" not in cleared


def test_aliases_are_listed_by_version_and_deleted(aws: LocalAws) -> None:
    """A filter by version finds additional versions too; what is deleted is not found any more."""
    released(aws, ECHO, FAILING)
    client = aws.client("lambda")
    client.create_alias(FunctionName="orders", Name="beta", FunctionVersion="$LATEST")
    split(aws, {"2": 0.1})

    def names(**version: str) -> list[str]:
        found = client.list_aliases(FunctionName="orders", **version)["Aliases"]
        return [alias["Name"] for alias in found]

    assert (names(), names(FunctionVersion="2")) == (["beta", "live"], ["live"])
    with pytest.raises(client.exceptions.ResourceConflictException, match="already exists"):
        client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    with pytest.raises(ClientError, match="regular expression"):
        client.create_alias(FunctionName="orders", Name="12", FunctionVersion="1")
    client.delete_alias(FunctionName="orders", Name="live")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="alias arn"):
        client.get_alias(FunctionName="orders", Name="live")


def test_calls_are_routed_by_weight(aws: LocalAws) -> None:
    """A tenth of the calls reach the additional version, and each names the version that ran."""
    released(aws, ECHO, OTHER)
    split(aws, {"2": 0.1})
    answers = [awslambda.invoke("orders:live", b"{}") for _ in range(500)]
    counts = Counter(answer.executed_version for answer in answers)
    assert 30 <= counts["2"] <= 70
    assert all((b'"b2"' in each.payload) == (each.executed_version == "2") for each in answers)
    split(aws, {"2": 1.0})
    answer, response = call(aws, Qualifier="live")
    assert (answer, response["ExecutedVersion"]) == ({"version": "b2"}, "2")


def test_routing_repeats_with_the_seed() -> None:
    """The same seed sends the same calls to the same versions."""

    def versions(seed: int) -> str:
        with LocalAws(seed) as aws:
            released(aws, ECHO, OTHER)
            split(aws, {"2": 0.5})
            return "".join(awslambda.invoke("orders:live", b"").executed_version for _ in range(40))

    assert versions(1) == versions(1) != versions(2)


def test_metrics_have_the_dimensions_that_tell_versions_apart(aws: LocalAws) -> None:
    """Function, alias and executed version are counted; the last only while weighted."""
    released(aws, ECHO, FAILING)
    call(aws)
    call(aws, Qualifier="live")
    split(aws, {"2": 1.0})
    for _ in range(3):
        call(aws, Qualifier="live")
    alias = {"FunctionName": "orders", "Resource": "orders:live"}
    assert total(aws, "Invocations", FunctionName="orders") == 5
    assert total(aws, "Invocations", **alias) == 4
    assert total(aws, "Invocations", **alias, ExecutedVersion="2") == 3
    assert total(aws, "Invocations", **alias, ExecutedVersion="1") == 0
    assert total(aws, "Errors", **alias, ExecutedVersion="2") == 3
    assert total(aws, "Errors", FunctionName="orders") == 4  # $LATEST is the failing code too
    assert total(aws, "Duration", **alias, ExecutedVersion="2") > 3


def test_no_concurrency_means_throttled(aws: LocalAws) -> None:
    """Reserved concurrency 0 refuses calls: Throttles, neither Invocations nor Errors."""
    create(aws)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException) as failure:
        call(aws)
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert total(aws, "Invocations", FunctionName="orders") == 0
    refused = total(aws, "Throttles", FunctionName="orders")
    assert refused >= 1
    client.delete_function_concurrency(FunctionName="orders")
    call(aws)
    assert total(aws, "Throttles", FunctionName="orders") == refused
