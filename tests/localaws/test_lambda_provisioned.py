"""Provisioned concurrency: for versions and aliases, ready after a while."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import lambda_backends

from canary.localaws import LocalAws
from tests.localaws.packages import ECHO, FAILING, create, released, split


def put(aws: LocalAws, qualifier: str = "live", executions: int = 5) -> Any:
    """Ask for provisioned concurrency."""
    return aws.client("lambda").put_provisioned_concurrency_config(
        FunctionName="orders",
        Qualifier=qualifier,
        ProvisionedConcurrentExecutions=executions,
    )


def status(aws: LocalAws, qualifier: str = "live") -> tuple[str, int]:
    """Its status, and how many environments are ready."""
    found = aws.client("lambda").get_provisioned_concurrency_config(
        FunctionName="orders", Qualifier=qualifier
    )
    return found["Status"], found["AvailableProvisionedConcurrentExecutions"]


def test_it_is_ready_after_a_while(aws: LocalAws) -> None:
    """IN_PROGRESS with nothing available first, READY with all that was asked for later."""
    released(aws, ECHO)
    answer = put(aws)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (answer["Status"], answer["RequestedProvisionedConcurrentExecutions"]) == (
        "IN_PROGRESS",
        5,
    )
    aws.clock.advance(60)
    assert status(aws) == ("IN_PROGRESS", 0)
    aws.clock.advance(60)
    assert status(aws) == ("READY", 5)


def test_it_can_fail(aws: LocalAws) -> None:
    """FAILED says why; asking again can succeed."""
    released(aws, ECHO)
    aws.backend(lambda_backends).provisions.failure = "FUNCTION_ERROR_INIT_FAILURE"
    put(aws)
    aws.clock.advance(120)
    found = aws.client("lambda").get_provisioned_concurrency_config(
        FunctionName="orders", Qualifier="live"
    )
    assert (found["Status"], found["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    put(aws)
    aws.clock.advance(120)
    assert status(aws) == ("READY", 5)


def test_it_moves_with_its_alias(aws: LocalAws) -> None:
    """On another version it is made ready anew; another update changes nothing."""
    released(aws, ECHO, FAILING)
    client = aws.client("lambda")
    put(aws)
    aws.clock.advance(120)
    client.update_alias(FunctionName="orders", Name="live", Description="the same version")
    assert status(aws) == ("READY", 5)
    client.update_alias(FunctionName="orders", Name="live", FunctionVersion="2")
    assert status(aws) == ("IN_PROGRESS", 0)
    aws.clock.advance(120)
    assert status(aws) == ("READY", 5)


def test_a_split_alias_keeps_it_but_it_cannot_be_managed(aws: LocalAws) -> None:
    """While the alias has weights, neither Put nor Delete is taken."""
    released(aws, ECHO, FAILING)
    client = aws.client("lambda")
    put(aws)
    aws.clock.advance(120)
    split(aws, {"2": 0.1})
    assert status(aws) == ("READY", 5)
    with pytest.raises(ClientError, match="Alias with weights can not be used"):
        put(aws, executions=9)
    with pytest.raises(ClientError, match="Alias with weights can not be used"):
        client.delete_provisioned_concurrency_config(FunctionName="orders", Qualifier="live")
    split(aws, {})
    put(aws, executions=9)


def test_not_on_a_version_and_its_alias(aws: LocalAws) -> None:
    """Whoever comes second is refused, also where the alias comes by an update."""
    released(aws, ECHO, FAILING)
    client = aws.client("lambda")
    put(aws, "1")
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        put(aws, "live")
    client.delete_provisioned_concurrency_config(FunctionName="orders", Qualifier="1")
    put(aws, "live")
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        put(aws, "1")
    put(aws, "2")
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        client.update_alias(FunctionName="orders", Name="live", FunctionVersion="2")
    assert client.get_alias(FunctionName="orders", Name="live")["FunctionVersion"] == "1"


@pytest.mark.parametrize(
    ("qualifier", "message"),
    [
        ("$LATEST", "InvalidParameterValueException.*unpublished function versions"),
        ("3", "ResourceNotFoundException"),
        ("nobody", "ResourceNotFoundException"),
    ],
)
def test_only_published_versions_can_have_it(aws: LocalAws, qualifier: str, message: str) -> None:
    """Neither $LATEST nor what does not exist."""
    released(aws, ECHO)
    with pytest.raises(ClientError, match=message):
        put(aws, qualifier)


def test_it_fits_into_the_reserved_concurrency(aws: LocalAws) -> None:
    """More than the function has reserved is refused."""
    released(aws, ECHO)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=4)
    with pytest.raises(ClientError, match="should not be greater than the reserved"):
        put(aws, executions=5)
    put(aws, executions=4)


def test_all_of_it_is_listed_until_it_is_gone(aws: LocalAws) -> None:
    """Deleted by itself, or with its alias or its function."""
    released(aws, ECHO, FAILING)
    client = aws.client("lambda")

    def listed() -> list[str]:
        found = client.list_provisioned_concurrency_configs(FunctionName="orders")
        arns = [config["FunctionArn"] for config in found["ProvisionedConcurrencyConfigs"]]
        return [arn.rpartition(":")[2] for arn in arns]

    put(aws)
    put(aws, "2")
    assert listed() == ["live", "2"]
    client.delete_provisioned_concurrency_config(FunctionName="orders", Qualifier="2")
    assert listed() == ["live"]
    for act in (
        client.get_provisioned_concurrency_config,
        client.delete_provisioned_concurrency_config,
    ):
        with pytest.raises(client.exceptions.ProvisionedConcurrencyConfigNotFoundException):
            act(FunctionName="orders", Qualifier="2")
    client.delete_alias(FunctionName="orders", Name="live")
    assert listed() == []
    put(aws, "1")
    put(aws, "2")
    client.delete_function(FunctionName="orders", Qualifier="2")
    assert listed() == ["1"]
    client.delete_function(FunctionName="orders")
    create(aws)
    assert listed() == []
