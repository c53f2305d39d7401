"""Requests from outside see the AWS that clients in this process see, and pass the same checks."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.parse import PROTOCOL_PARSERS
from werkzeug.datastructures import Headers

from canary.localaws import LocalAws
from canary.localaws.admission import Call
from canary.localaws.server.door import Door
from canary.localaws.server.messages import Answer, Request, as_bytes

ENDPOINT = "http://localhost:4566"
PRESIGNED = "X-Amz-Credential=testing/20260105/us-east-1"
ONE_OF_EACH_PROTOCOL: list[tuple[str, str, dict[str, Any]]] = [
    ("lambda", "list_functions", {"MaxItems": 7}),
    ("stepfunctions", "list_state_machines", {"maxResults": 7}),
    ("cloudwatch", "describe_alarms", {"AlarmNames": ["canary-a"], "MaxRecords": 7}),
    ("iam", "get_role", {"RoleName": "reader"}),
    ("s3", "list_objects_v2", {"Bucket": "packages", "MaxKeys": 7, "Prefix": "a"}),
]
each_protocol = pytest.mark.parametrize(("service", "operation", "params"), ONE_OF_EACH_PROTOCOL)

Client = Callable[..., Any]


@pytest.fixture
def door(aws: LocalAws) -> Door:
    """The door of an AWS with a bucket and a role in it."""
    aws.client("s3").create_bucket(Bucket="packages")
    aws.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    return Door(aws)


@pytest.fixture
def outside(door: Door) -> Client:
    """Clients as in another process; only the wire between is left out."""

    def send(request: Any, **_: Any) -> Any:
        answer = door.answer(_received(request))
        headers = HTTPHeaders.from_pairs(answer.headers.items())
        raw: Any = MockRawResponse(answer.body)
        return AWSResponse(request.url, answer.status, headers, raw)

    def client(service: str, **options: Any) -> Any:
        options = {"region_name": "us-east-1", "endpoint_url": ENDPOINT} | options
        made = botocore.session.Session().create_client(service, **options)
        made.meta.events.register_last("before-send", send)
        return made

    return client


def _received(sent: Any) -> Request:
    body = sent.body.read() if hasattr(sent.body, "read") else sent.body or b""
    headers = [
        (name, value.decode() if isinstance(value, bytes) else str(value))
        for name, value in sent.headers.items()
    ]
    return Request(sent.method, sent.url.removeprefix(ENDPOINT), Headers(headers), as_bytes(body))


def _without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@each_protocol
def test_both_sides_see_the_same(
    aws: LocalAws, outside: Client, service: str, operation: str, params: dict[str, Any]
) -> None:
    """In each of AWS's protocols."""
    answers = [
        _without_metadata(getattr(client(service), operation)(**params))
        for client in (aws.client, outside)
    ]
    assert answers[0] == answers[1] != {}


@each_protocol
def test_checks_see_the_same(
    aws: LocalAws, outside: Client, service: str, operation: str, params: dict[str, Any]
) -> None:
    """Operation and parameters, as the caller gave them."""
    seen: list[Call] = []
    aws.checks.append(seen.append)
    for client in (aws.client, outside):
        getattr(client(service), operation)(**params)
    assert len({(call.service, call.operation.name, call.principal) for call in seen}) == 1
    assert [_known(call.parameters, params) for call in seen] == [params] * 2


def _known(parameters: Any, given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name in given}


@each_protocol
def test_what_a_check_refuses_is_refused(
    aws: LocalAws, outside: Client, service: str, operation: str, params: dict[str, Any]
) -> None:
    """The client raises the error that the check has raised."""

    def refuse(call: Call) -> None:
        error = {"Error": {"Code": "AccessDenied", "Message": "not authorized to <this>"}}
        raise ClientError(error, call.operation.name)  # type: ignore[arg-type]

    client = outside(service)
    aws.checks.append(refuse)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**params)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["Error"]["Message"] == "not authorized to <this>"
    status = 400 if service in ("stepfunctions", "cloudwatch") else 403
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_refused_call_has_no_effect(aws: LocalAws, outside: Client) -> None:
    """The service never hears of it."""

    def refuse(call: Call) -> None:
        if call.operation.name == "PutObject":
            error = {"Error": {"Code": "AccessDenied", "Message": "no"}}
            raise ClientError(error, call.operation.name)  # type: ignore[arg-type]

    aws.checks.append(refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        outside("s3").put_object(Bucket="packages", Key="a", Body=b"a")
    assert aws.client("s3").list_objects_v2(Bucket="packages")["KeyCount"] == 0


def test_an_error_keeps_the_status_of_its_model(aws: LocalAws, outside: Client) -> None:
    """Clients decide by it whether to try again."""

    def throttle(call: Call) -> None:
        error = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}
        raise ClientError(error, call.operation.name)  # type: ignore[arg-type]

    client = outside("lambda", config=Config(retries={"max_attempts": 0}))
    aws.checks.append(throttle)
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.list_functions()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_objects_arrive_as_they_were_sent(aws: LocalAws, outside: Client) -> None:
    """Any bytes, odd keys, and metadata with underscores; HEAD tells the length."""
    key, body = "a b+c//d%2F/é", bytes(range(256))
    outside("s3").put_object(Bucket="packages", Key=key, Body=body, Metadata={"my_key": "v"})
    for client in (aws.client, outside):
        found = client("s3").get_object(Bucket="packages", Key=key)
        assert (found["Body"].read(), found["Metadata"]) == (body, {"my_key": "v"})
        assert client("s3").head_object(Bucket="packages", Key=key)["ContentLength"] == 256


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_is_enough(
    aws: LocalAws, outside: Client, door: Door, version: str
) -> None:
    """Of both kinds that clients make."""
    aws.client("s3").put_object(Bucket="packages", Key="a", Body=b"content")
    client = outside("s3", config=Config(signature_version=version))
    url = client.generate_presigned_url("get_object", {"Bucket": "packages", "Key": "a"})
    answer = door.answer(Request("GET", url.removeprefix(ENDPOINT), Headers(), b""))
    assert (answer.status, answer.body) == (200, b"content")


def test_compressed_bodies_are_read(aws: LocalAws, outside: Client) -> None:
    """botocore compresses large PutMetricData; the checks see what is in it."""
    sent: list[Request] = []
    seen: list[Call] = []
    client = outside("cloudwatch")
    client.meta.events.register_first(
        "before-send", lambda request, **_: sent.append(_received(request))
    )
    aws.checks.append(seen.append)
    data = [{"MetricName": f"metric-{number}", "Value": 1.0} for number in range(500)]
    client.put_metric_data(Namespace="many", MetricData=data)
    assert gzip.decompress(sent[0].body)
    assert len(seen[0].parameters["MetricData"]) == 500
    assert aws.client("cloudwatch").list_metrics(Namespace="many")["Metrics"] != []


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/moto-api/reset"),
        ("GET", "/moto-api/"),
        ("GET", "/moto-api/data.json"),
        ("GET", "/latest/meta-data/iam/security-credentials/"),
        ("GET", "/"),
        ("GET", "/favicon.ico"),
        # What a web page could have a browser send.
        ("GET", f"/?Action=ListRoles&{PRESIGNED}/iam/aws4_request"),
        ("POST", f"/2015-03-31/functions/checkout/invocations?{PRESIGNED}/lambda/aws4_request"),
    ],
)
def test_nothing_else_is_served(aws: LocalAws, door: Door, method: str, target: str) -> None:
    """moto's own pages are not AWS; without a signature there is nothing."""
    assert _told(door.answer(Request(method, target, Headers(), b""))) == (
        404,
        "This is the endpoint of an embedded AWS; it answers signed requests of AWS's API only.\n",
    )
    assert len(aws.client("s3").list_buckets()["Buckets"]) == 1


@pytest.mark.parametrize("service", ["moto_api", "motoapi", "instance_metadata", "lambda"])
def test_a_signature_does_not_open_what_is_not_aws(door: Door, service: str) -> None:
    """A service that is none, or an operation that it does not have."""
    signed = f"AWS4-HMAC-SHA256 Credential=test/20260105/us-east-1/{service}/aws4_request, …"
    request = Request("POST", "/moto-api/reset", Headers({"Authorization": signed}), b"")
    status, text = _told(door.answer(request))
    assert (status, f"no operation of {service}" in text) == (404, True)


def test_what_cannot_be_read_is_refused(door: Door) -> None:
    """A body that is not compressed, though its headers say so."""
    headers = Headers(
        {
            "Authorization": "Credential=test/20260105/us-east-1/states/aws4_request",
            "X-Amz-Target": "AWSStepFunctions.ListStateMachines",
            "Content-Encoding": "gzip",
        }
    )
    status, text = _told(door.answer(Request("POST", "/", headers, b"{")))
    assert (status, "cannot be read" in text) == (400, True)


def _told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.decode()


def test_it_is_one_region(outside: Client) -> None:
    """Another one would have a state that the rest of the embedded AWS does not know."""
    client = outside("lambda", region_name="eu-west-1")
    with pytest.raises(ClientError, match="not 'eu-west-1': this is us-east-1"):
        client.list_functions()


def test_what_moto_lacks_is_said(outside: Client) -> None:
    """By an error that names it."""
    with pytest.raises(ClientError, match=r"NotImplemented.*get_organizations_access_report"):
        outside("iam").get_organizations_access_report(JobId="1" * 36)


def test_a_defect_is_told_on_both_sides(
    aws: LocalAws, outside: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """The client has an error; whoever serves sees where it came from."""
    aws.checks.append(lambda _: 1 / 0)  # type: ignore[arg-type]
    client = outside("sqs", config=Config(retries={"max_attempts": 0}))
    with pytest.raises(ClientError, match=r"InternalFailure.*division by zero") as caught:
        client.list_queues()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_clients_speak_protocols_that_moto_reads(aws: LocalAws) -> None:
    """botocore chooses among those of a service; moto has no parser for the newest one."""
    used = "cloudwatch codedeploy dynamodb events iam kms lambda logs s3 signer sns sqs"
    for service in [*used.split(), "cloudformation", "stepfunctions", "sts"]:
        assert aws.client(service).meta.service_model.resolved_protocol in PROTOCOL_PARSERS


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:4566"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "rebound.example.com:4566"},
    ],
)
def test_a_web_page_is_not_served_even_with_a_signature(
    door: Door, headers: dict[str, str]
) -> None:
    """A page can learn the key, and have its own name lead to this machine."""
    signed = "AWS4-HMAC-SHA256 Credential=testing/20260105/us-east-1/sts/aws4_request, …"
    own = {"Authorization": signed, "Content-Type": "application/x-www-form-urlencoded"}
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    assert door.answer(Request("POST", "/", Headers(own), body)).status == 200
    assert door.answer(Request("POST", "/", Headers(own | headers), body)).status == 404
