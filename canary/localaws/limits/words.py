"""
What S3 and SQS call the constraints of their models that a call does not satisfy.

They read their parameters themselves, each with words of its own.
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import Any

from botocore.model import ListShape, MapShape, Shape

from canary.localaws.admission import Call
from canary.localaws.limits.constraints import NOT_NULL, place_of

Words = tuple[str, str]
"""Code and message of an error."""

_MALFORMED = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)
# By the member's name; what is not here is told apart by its place in the request.
_OF_S3 = {
    "CreateBucketConfiguration": (
        "InvalidLocationConstraint",
        "The specified location-constraint is not valid",
    ),
    "EncodingType": ("InvalidArgument", "Invalid Encoding Method specified in Request"),
    "Key": ("InvalidArgument", "Key must not be empty"),
    "ServerSideEncryption": (
        "InvalidEncryptionAlgorithmError",
        "The encryption request that you specified is not valid. Supported value: AES256.",
    ),
    "StorageClass": ("InvalidStorageClass", "The storage class you specified is not valid"),
}


def of_s3(call: Call, sentence: str) -> Words:
    """What is wrong in a body is malformed XML; elsewhere, it is an argument."""
    name, shape = _member(call, sentence)
    if name in _OF_S3:
        return _OF_S3[name]
    if "location" not in shape.serialization:
        return _MALFORMED
    return "InvalidArgument", f"The value of {shape.serialization['name']} is not valid"


def of_sqs(call: Call, sentence: str) -> Words:
    """A parameter is missing, or an attribute unknown: the model demands nothing else."""
    name, shape = _member(call, sentence)
    _, *within = place_of(sentence).split(".")
    if not sentence.endswith(NOT_NULL) or not sentence.startswith("Value null"):
        return "InvalidAttributeName", f"Unknown Attribute {_unknown(call, name, shape)}."
    if "ttributes." in place_of(sentence):
        attribute = place_of(sentence).split("ttributes.")[1].split(".")[0]
        message = f"The message attribute '{attribute}' must contain non-empty message attribute "
        return "InvalidParameterValue", message + "type."
    if isinstance(shape, ListShape):
        number, last = within[0], within[-1]
        name = f"{shape.member.name}.{number}.{last[:1].upper()}{last[1:]}"
    return "MissingParameter", f"The request must contain the parameter {name}."


def _member(call: Call, sentence: str) -> tuple[str, Shape]:
    """The operation's own member that it is about, or within which it is."""
    first = place_of(sentence).split(".")[0]
    name = first[:1].upper() + first[1:]
    shape: Any = call.operation.input_shape
    return name, shape.members[name]


def _unknown(call: Call, name: str, shape: Shape) -> str:
    known: Any = shape.key if isinstance(shape, MapShape) else getattr(shape, "member", shape)
    return str(next(each for each in call.parameters[name] if each not in known.enum))
