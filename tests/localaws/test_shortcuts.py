"""The shortcuts stand where moto and botocore still are, and change no answer."""

from typing import Any

from botocore.useragent import UserAgentString
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.serialize import (
    JSONSerializer,
    QuerySerializer,
    ResponseSerializer,
    RestXMLSerializer,
    XFormedAttributePicker,
)
from moto.core.utils import get_service_model
from moto.kms.models import kms_backends
from moto.stepfunctions.parser.asl.utils import json_path

from canary.localaws import LocalAws


def test_what_the_shortcuts_replace_is_there() -> None:
    """Their names are moto's and botocore's own; this fails when those move."""
    assert callable(UserAgentString.to_string)
    assert isinstance(vars(BaseBackend)["urls"], property)
    assert callable(vars(responses)["method_names_from_class"])
    assert callable(vars(json_path)["parse"])
    assert callable(vars(ResponseSerializer)["_serialize_type_structure"])


def test_the_shortcuts_end_with_the_embedded_aws() -> None:
    """Outside, everything is as it was."""
    before = UserAgentString.to_string, vars(BaseBackend)["urls"]
    with LocalAws() as aws:
        assert (UserAgentString.to_string, vars(BaseBackend)["urls"]) != before
        aws.client("sqs").create_queue(QueueName="q")
        assert aws.client("sqs").list_queues()["QueueUrls"]
    assert (UserAgentString.to_string, vars(BaseBackend)["urls"]) == before


def test_an_answer_is_written_as_moto_writes_it() -> None:
    """
    The short way through a dictionary ends at the same bytes as moto's own: with members that are
    absent, None, false, nested, of another spelling, or from an object instead of a dictionary.
    """

    class Group:
        def __init__(self, members: dict[str, Any]) -> None:
            vars(self).update(members)

    item = {"pk": {"S": "r"}, "m": {"M": {"n": {"N": "1"}, "l": {"L": [{"BOOL": False}]}}}}
    alarm = {"AlarmName": "a", "threshold": 0.0, "Dimensions": [{"Name": "n", "Value": "v"}]}
    answers = [
        (JSONSerializer, "dynamodb", "GetItem", {"Item": item, "ConsumedCapacity": None}),
        (JSONSerializer, "codedeploy", "GetApplication", {"application": {"name": "a"}}),
        (JSONSerializer, "codedeploy", "GetApplication", {"application": Group({"linked": True})}),
        (QuerySerializer, "cloudwatch", "DescribeAlarms", {"MetricAlarms": [alarm]}),
        (QuerySerializer, "sns", "ListTopics", {"Topics": [{"Arn": "t"}]}),
        (RestXMLSerializer, "s3", "GetBucketTagging", {"TagSet": [{"Key": "k", "Value": ""}]}),
    ]

    def written() -> list[Any]:
        return [
            serializer(
                get_service_model(service).operation_model(operation),
                value_picker=XFormedAttributePicker(response_transformers=transformers),
            ).serialize(answer)
            for serializer, service, operation, answer in answers
            for transformers in (None, {"Topics.Arn": str.upper, "Item": lambda _: {}})
        ]

    own = written()
    with LocalAws():
        assert written() == own
        assert written() == own  # the second time from what was remembered


def test_a_path_is_parsed_once() -> None:
    """The same parsed path finds other data; what it finds is not remembered."""
    with LocalAws():
        parse = vars(json_path)["parse"]
        assert parse("$.a.b") is parse("$.a.b")
        assert [json_path.extract_json("$.a.b", {"a": {"b": each}}) for each in (1, 2)] == [1, 2]


def test_symmetric_keys_share_the_private_key_that_none_uses(aws: LocalAws) -> None:
    """moto still makes a key's private key where we spare it; others have their own."""
    client = aws.client("kms")

    def private_key(**spec: str) -> object:
        key = client.create_key(**spec)["KeyMetadata"]["KeyId"]
        return aws.backend(kms_backends).keys[key].private_key

    assert private_key() is private_key()
    elliptic = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
    assert private_key(**elliptic) is not private_key(**elliptic)
