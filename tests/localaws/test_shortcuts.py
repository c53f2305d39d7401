"""The shortcuts stand where moto and botocore still are, and change no answer."""

from botocore.useragent import UserAgentString
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.serialize import AttributePicker, XFormedAttributePicker
from moto.kms.models import kms_backends

from canary.localaws import LocalAws


def test_what_the_shortcuts_replace_is_there() -> None:
    """Their names are moto's and botocore's own; this fails when those move."""
    assert callable(UserAgentString.to_string)
    assert isinstance(vars(BaseBackend)["urls"], property)
    assert callable(vars(responses)["method_names_from_class"])
    for picker in (AttributePicker, XFormedAttributePicker):
        assert callable(vars(picker)["get_possible_keys"])


def test_the_shortcuts_end_with_the_embedded_aws() -> None:
    """Outside, everything is as it was."""
    before = UserAgentString.to_string, vars(BaseBackend)["urls"]
    with LocalAws() as aws:
        assert (UserAgentString.to_string, vars(BaseBackend)["urls"]) != before
        aws.client("sqs").create_queue(QueueName="q")
        assert aws.client("sqs").list_queues()["QueueUrls"]
    assert (UserAgentString.to_string, vars(BaseBackend)["urls"]) == before


def test_symmetric_keys_share_the_private_key_that_none_uses(aws: LocalAws) -> None:
    """moto still makes a key's private key where we spare it; others have their own."""
    client = aws.client("kms")

    def private_key(**spec: str) -> object:
        key = client.create_key(**spec)["KeyMetadata"]["KeyId"]
        return aws.backend(kms_backends).keys[key].private_key

    assert private_key() is private_key()
    elliptic = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
    assert private_key(**elliptic) is not private_key(**elliptic)
