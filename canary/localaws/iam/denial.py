"""
How AWS says no: each service with a code of its own, all in the same sentence.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException
from moto.moto_api._internal import mock_random

from canary.localaws.iam.policy import Decision, Request

_CODES = {
    "cloudformation": "AccessDenied",
    "cloudwatch": "AccessDenied",
    "iam": "AccessDenied",
    "s3": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "sts": "AccessDenied",
}
# What these answer where the caller lacks rights on the key of one of their resources.
_KMS_CODES = {"sns": "KMSAccessDenied", "sqs": "KMS.AccessDeniedException"}
_BAD_REQUEST = {"codedeploy", "dynamodb", "events", "kms", "logs", "states"}


class DeniedError(ServiceException):
    """A request that no policy allows, or that one forbids. `decision` says which."""

    def __init__(self, request: Request, decision: Decision, service: str = "") -> None:
        prefix = request.action.partition(":")[0]
        service = service or prefix
        code = _CODES.get(service, "AccessDeniedException")
        if prefix == "kms":
            code = _KMS_CODES.get(service, code)
        super().__init__(code, _sentence(request, decision))
        self.service = service
        self.request = request
        self.decision = decision


def _sentence(request: Request, decision: Decision) -> str:
    shown = _shown(request.action)
    reason = decision.reason.replace(request.action, shown)
    return (
        f"User: {request.caller.arn} is not authorized to perform: {shown} on resource: "
        f"{request.resource} {reason}"
    )


def _shown(action: str) -> str:
    """As the service writes it."""
    service, _, name = action.partition(":")
    return {"sns": f"SNS:{name}", "sqs": action.lower()}.get(service, action)


def as_client_error(denied: DeniedError, operation: str) -> ClientError:
    """The same as botocore raises it; the answer to a HEAD has no room for a reason."""
    code, message, status = denied.code, denied.message, 403
    if denied.service in _BAD_REQUEST:
        status = 400
    if operation.startswith("Head"):
        code, message = "403", "Forbidden"
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": str(mock_random.uuid4())},
    }
    return ClientError(answer, operation)  # type: ignore[arg-type]
