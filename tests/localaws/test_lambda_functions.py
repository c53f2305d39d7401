"""Functions: revisions, states, code and configuration."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import LambdaFunction, LambdaStorage, lambda_backends
from moto.core.base_backend import BackendDict

from canary.localaws import LocalAws
from canary.localaws.awslambda import LambdaBackend
from tests.localaws.packages import ECHO, FAILING, call, create, publish, released, role, zipped


def configuration(aws: LocalAws, **other: Any) -> dict[str, Any]:
    """What GetFunctionConfiguration says of `orders`."""
    found: dict[str, Any] = aws.client("lambda").get_function_configuration(
        FunctionName="orders", **other
    )
    return found


def put_object(aws: LocalAws, code: str) -> str:
    """The version id of a package in S3."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
    version: str = s3.put_object(Bucket="packages", Key="a.zip", Body=zipped(code))["VersionId"]
    return version


def test_a_new_function_is_pending_then_active(aws: LocalAws) -> None:
    """While it is Pending, calls conflict; the waiter sees it become Active."""
    client = aws.client("lambda")
    created = client.create_function(
        FunctionName="orders",
        Runtime="python3.13",
        Role=role(aws),
        Handler="index.handler",
        Code={"ZipFile": zipped(ECHO)},
    )
    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")
    with pytest.raises(client.exceptions.ResourceConflictException, match="state: Pending"):
        client.invoke(FunctionName="orders")
    client.get_waiter("function_active_v2").wait(FunctionName="orders")
    assert configuration(aws)["State"] == "Active"
    assert configuration(aws)["LastUpdateStatus"] == "Successful"


def test_completion_changes_the_revision(aws: LocalAws) -> None:
    """The revision that a change returns is stale once that change is complete, as on AWS."""
    created = create(aws)
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.PreconditionFailedException) as failure:
        client.update_function_code(
            FunctionName="orders", ZipFile=zipped(FAILING), RevisionId=created["RevisionId"]
        )
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    before = configuration(aws)["RevisionId"]
    client.update_function_configuration(FunctionName="orders", Timeout=9, RevisionId=before)
    during = configuration(aws)["RevisionId"]
    aws.clock.advance(2)
    assert len({before, during, configuration(aws)["RevisionId"]}) == 3
    assert configuration(aws)["Timeout"] == 9


def test_an_update_takes_two_seconds_in_which_the_old_code_serves(aws: LocalAws) -> None:
    """While it is InProgress, other changes conflict and calls reach the old code."""
    create(aws)
    client = aws.client("lambda")
    updated = client.update_function_code(FunctionName="orders", ZipFile=zipped(FAILING))
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    assert "FunctionError" not in call(aws)[1]
    changes: list[Callable[[], object]] = [
        lambda: client.update_function_code(FunctionName="orders", ZipFile=zipped(ECHO)),
        lambda: client.update_function_configuration(FunctionName="orders", Timeout=9),
        lambda: client.publish_version(FunctionName="orders"),
        lambda: client.tag_resource(Resource=updated["FunctionArn"], Tags={"a": "b"}),
    ]
    for change in changes:
        with pytest.raises(client.exceptions.ResourceConflictException, match="in progress"):
            change()
    aws.clock.advance(2)
    assert call(aws)[1]["FunctionError"] == "Unhandled"


def test_the_object_version_asked_for_is_deployed(aws: LocalAws) -> None:
    """S3ObjectVersion is honoured even if a newer object is there."""
    create(aws)
    old = put_object(aws, "def handler(event, context): return 'old'")
    put_object(aws, "def handler(event, context): return 'new'")
    aws.client("lambda").update_function_code(
        FunctionName="orders", S3Bucket="packages", S3Key="a.zip", S3ObjectVersion=old
    )
    aws.clock.advance(2)
    assert call(aws)[0] == "old"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"S3Bucket": "nowhere", "S3Key": "a.zip"}, "NoSuchBucket"),
        ({"S3Bucket": "packages", "S3Key": "b.zip"}, "NoSuchKey"),
        ({"S3Bucket": "packages", "S3Key": "a.zip", "S3ObjectVersion": "x"}, "NoSuchVersion"),
        ({"ZipFile": b"not a zip"}, "Could not unzip"),
        ({}, "Please provide a source"),
    ],
)
def test_a_package_that_cannot_be_read_changes_nothing(
    aws: LocalAws, source: dict[str, Any], message: str
) -> None:
    """The error says why, and the function keeps its code and its revision."""
    create(aws)
    put_object(aws, ECHO)
    before = configuration(aws)
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=message):
        client.update_function_code(FunctionName="orders", **source)
    after = configuration(aws)
    assert (after["CodeSha256"], after["RevisionId"]) == (
        before["CodeSha256"],
        before["RevisionId"],
    )


def test_a_dry_run_changes_nothing(aws: LocalAws) -> None:
    """DryRun validates and answers with the configuration as it is."""
    create(aws)
    before = configuration(aws)
    aws.client("lambda").update_function_code(
        FunctionName="orders", ZipFile=zipped(FAILING), DryRun=True
    )
    assert configuration(aws)["RevisionId"] == before["RevisionId"]


def test_functions_are_found_by_each_form_of_their_name(aws: LocalAws) -> None:
    """Name, partial ARN and ARN, qualifier inside or beside; two that differ are refused."""
    released(aws, ECHO)
    client = aws.client("lambda")
    arn = f"arn:aws:lambda:us-east-1:{aws.account}:function:orders"
    for name in ("orders:1", f"{aws.account}:function:orders:1", f"{arn}:1"):
        assert client.get_function(FunctionName=name)["Configuration"]["Version"] == "1"
    assert configuration(aws, Qualifier="live")["FunctionArn"] == f"{arn}:live"
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="derived qualifier"):
        client.get_function(FunctionName="orders:1", Qualifier="live")
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="live was given"):
        client.publish_version(FunctionName="orders:live")
    with pytest.raises(ClientError, match="regular expression"):
        client.get_function(FunctionName="a:b:c")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match=f"{arn}:9"):
        client.get_function(FunctionName="orders", Qualifier="9")


def test_a_configuration_change_reaches_everything_that_it_names(aws: LocalAws) -> None:
    """What is given is taken over, what is not stays, and what cannot be supported is refused."""
    create(aws, Environment={"Variables": {"STAGE": "1"}})
    client = aws.client("lambda")
    queue = f"arn:aws:sqs:us-east-1:{aws.account}:dead"
    client.update_function_configuration(
        FunctionName="orders",
        MemorySize=512,
        DeadLetterConfig={"TargetArn": queue},
        TracingConfig={"Mode": "Active"},
        EphemeralStorage={"Size": 1024},
        LoggingConfig={"LogGroup": "/shop/orders"},
    )
    found = configuration(aws)
    assert found["DeadLetterConfig"] == {"TargetArn": queue}
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert found["EphemeralStorage"] == {"Size": 1024}
    assert found["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/shop/orders"}
    assert (found["MemorySize"], found["Environment"]) == (512, {"Variables": {"STAGE": "1"}})
    aws.clock.advance(2)
    client.update_function_configuration(FunctionName="orders", Environment={})
    assert "Environment" not in configuration(aws)
    aws.clock.advance(2)
    client.update_function_configuration(
        FunctionName="orders", SnapStart={"ApplyOn": "PublishedVersions"}
    )
    assert configuration(aws)["SnapStart"]["OptimizationStatus"] == "Off"
    aws.clock.advance(2)
    publish(aws)
    assert configuration(aws, Qualifier="1")["SnapStart"]["OptimizationStatus"] == "On"
    with pytest.raises(ClientError, match="DurableConfig"):
        client.create_function(
            FunctionName="durable",
            Role=role(aws),
            Code={"ZipFile": zipped(ECHO)},
            DurableConfig={"ExecutionTimeout": 60, "RetentionPeriodInDays": 1},
        )


def test_a_function_has_tags_concurrency_and_cannot_be_created_twice(aws: LocalAws) -> None:
    """Tags and reserved concurrency are read back from GetFunction."""
    created = create(aws, Tags={"team": "shop"})
    client = aws.client("lambda")
    client.tag_resource(Resource=created["FunctionArn"], Tags={"stage": "test"})
    client.untag_resource(Resource=created["FunctionArn"], TagKeys=["team"])
    assert client.list_tags(Resource=created["FunctionArn"])["Tags"] == {"stage": "test"}
    client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=5)
    found = client.get_function_concurrency(FunctionName="orders")
    assert found["ReservedConcurrentExecutions"] == 5
    with pytest.raises(client.exceptions.ResourceConflictException, match="already exist"):
        create(aws)


def test_moto_still_has_what_this_backend_rests_on() -> None:
    """The names in moto that are overridden or replaced."""
    assert isinstance(lambda_backends, BackendDict)
    assert issubclass(LambdaBackend, lambda_backends.backend)
    for name in ("_set_function_code", "update_configuration", "get_configuration"):
        assert callable(getattr(LambdaFunction, name))
    for name in ("construct_unknown_function_exception", "put_function", "publish_version"):
        assert callable(getattr(LambdaStorage, name))
