"""Versions: what makes one, what guards it, and what keeps it."""

from typing import Any

import pytest

from canary.localaws import LocalAws
from tests.localaws.packages import ECHO, FAILING, call, create, publish, released, zipped


def configuration(aws: LocalAws, **other: Any) -> dict[str, Any]:
    """What GetFunctionConfiguration says of `orders`."""
    found: dict[str, Any] = aws.client("lambda").get_function_configuration(
        FunctionName="orders", **other
    )
    return found


def test_publish_in_an_update_answers_with_the_version(aws: LocalAws) -> None:
    """Publish=True makes a version of the code just given."""
    create(aws)
    updated = aws.client("lambda").update_function_code(
        FunctionName="orders", ZipFile=zipped(FAILING), Publish=True
    )
    assert updated["Version"] == "1"
    assert updated["FunctionArn"].endswith(":function:orders:1")
    aws.clock.advance(2)
    assert call(aws, Qualifier="1")[1]["FunctionError"] == "Unhandled"


def test_publishing_again_without_a_change_gives_the_same_version(aws: LocalAws) -> None:
    """Nothing new: the existing version, even after a detour; a new description: a new one."""
    create(aws)
    client = aws.client("lambda")
    assert publish(aws) == publish(aws) == "1"
    client.update_function_configuration(FunctionName="orders", Timeout=9)
    aws.clock.advance(2)
    client.update_function_configuration(FunctionName="orders", Timeout=3)
    aws.clock.advance(2)
    assert publish(aws) == "1"
    client.update_function_configuration(FunctionName="orders", Description="release 2")
    aws.clock.advance(2)
    assert publish(aws) == "2"


def test_publishing_is_guarded_by_hash_and_revision(aws: LocalAws) -> None:
    """A wrong CodeSha256 or RevisionId publishes nothing."""
    create(aws)
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="CodeSHA256"):
        client.publish_version(FunctionName="orders", CodeSha256="wrong")
    with pytest.raises(client.exceptions.PreconditionFailedException):
        client.publish_version(FunctionName="orders", RevisionId="wrong")
    current = configuration(aws)
    published = client.publish_version(
        FunctionName="orders",
        CodeSha256=current["CodeSha256"],
        RevisionId=current["RevisionId"],
        Description="one",
    )
    assert (published["Version"], published["Description"]) == ("1", "one")


def test_version_numbers_are_never_used_again(aws: LocalAws) -> None:
    """Neither a deleted version's number nor a deleted function's."""
    create(aws)
    publish(aws)
    client = aws.client("lambda")
    publish(aws, FAILING)
    client.delete_function(FunctionName="orders", Qualifier="2")
    assert publish(aws, "def handler(event, context): return 3") == "3"
    client.delete_function(FunctionName="orders")
    create(aws)
    assert publish(aws) == "4"


def test_a_version_that_an_alias_uses_cannot_be_deleted(aws: LocalAws) -> None:
    """Neither its main version nor its additional one; nor can $LATEST or an alias be deleted."""
    released(aws, ECHO, FAILING, "def handler(event, context): return 3")
    client = aws.client("lambda")
    client.update_alias(
        FunctionName="orders",
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    for version in ("1", "2"):
        with pytest.raises(client.exceptions.ResourceConflictException, match=r"\[live\]"):
            client.delete_function(FunctionName="orders", Qualifier=version)
    for qualifier in ("$LATEST", "live"):
        with pytest.raises(client.exceptions.InvalidParameterValueException):
            client.delete_function(FunctionName="orders", Qualifier=qualifier)
    client.delete_function(FunctionName="orders", Qualifier="3")
    versions = client.list_versions_by_function(FunctionName="orders")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]


def test_versions_are_listed_with_their_functions(aws: LocalAws) -> None:
    """FunctionVersion=ALL lists $LATEST and each version; architectures come with new code."""
    create(aws)
    publish(aws)
    client = aws.client("lambda")
    client.update_function_code(
        FunctionName="orders", ZipFile=zipped(FAILING), Architectures=["arm64"]
    )
    found = client.list_functions(FunctionVersion="ALL")["Functions"]
    assert [(each["Version"], each["Architectures"]) for each in found] == [
        ("$LATEST", ["arm64"]),
        ("1", ["x86_64"]),
    ]
    assert [each["Version"] for each in client.list_functions()["Functions"]] == ["$LATEST"]
