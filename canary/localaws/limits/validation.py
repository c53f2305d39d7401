"""
Each call against its model, as the service checks it: also where the client did not.

https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html and its likes
"""

from __future__ import annotations

from botocore.model import OperationModel

from canary.localaws.admission import Call
from canary.localaws.limits import words
from canary.localaws.limits.constraints import NOT_NULL, Validator, compiled, place_of
from canary.localaws.limits.refusal import refusal

# Whose errors for this are not called ValidationException.
_CODES = {
    "autoscaling": "ValidationError",
    "cloudformation": "ValidationError",
    "cloudwatch": "ValidationError",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "securityhub": "InvalidInputException",
    "sns": "InvalidParameter",
    "sts": "ValidationError",
}
_OWN_WORDS = {"s3": words.of_s3, "sqs": words.of_sqs}

_validators: dict[tuple[str, str], Validator | None] = {}


def check(call: Call) -> None:
    """Raise what the service answers to a call that its model does not allow."""
    validator = _validator_of(call.operation)
    if validator is None:
        return
    found = list(validator(call.parameters, ""))
    if found and call.service in _OWN_WORDS:
        raise refusal(call, *_OWN_WORDS[call.service](call, found[0]))
    if found:
        code = _named(call, found[0]) or _CODES.get(call.service, "ValidationException")
        raise refusal(call, code, _message(found))


def _validator_of(operation: OperationModel) -> Validator | None:
    service = operation.service_model.service_name
    key = (service, operation.name)
    if key not in _validators:
        _validators[key] = compiled(operation.input_shape)
    return _validators[key]


def _message(found: list[str]) -> str:
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(found)}"


def _named(call: Call, sentence: str) -> str | None:
    """CodeDeploy has a name for most of what can be missing or wrong."""
    if call.service != "codedeploy":
        return None
    member = place_of(sentence).rpartition(".")[2]
    member = member[:1].upper() + member[1:]
    is_missing = sentence.endswith(NOT_NULL)
    name = f"{member}RequiredException" if is_missing else f"Invalid{member}Exception"
    return name if any(shape.name == name for shape in call.operation.error_shapes) else None
