"""Errors as AWS sends them in each of its protocols."""

from __future__ import annotations

import warnings

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.serialize import get_serializer_class

from canary.localaws.server.messages import Answer, as_bytes

_DENIALS = ("AccessDenied", "AccessDeniedException")
_OURS = {"InternalFailure": 500, "NotImplemented": 501}


class _Refusal(ServiceException):
    """Not moto's own class: moto would look for its code in the service that its module names."""


def nothing_here(message: str) -> Answer:
    """For what is no request of AWS's API."""
    return Answer(404, {"Content-Type": "text/plain"}, f"{message}\n".encode())


def unreadable(error: Exception) -> Answer:
    """For a body that is not what its headers say."""
    return Answer(400, {"Content-Type": "text/plain"}, f"cannot be read: {error}\n".encode())


def refused(error: ClientError, operation: OperationModel, protocol: str) -> Answer:
    """The error that a client of this operation raises when it reads the answer."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    serializer = get_serializer_class(operation.service_model.service_name, protocol)
    with warnings.catch_warnings():  # moto warns of codes that the service's model does not have
        warnings.simplefilter("ignore")
        sent = serializer(operation).serialize(_Refusal(code, message))
    is_denial = code in _DENIALS and protocol != "json"
    status = 403 if is_denial else _OURS.get(code, sent["status_code"])
    return Answer(status, sent["headers"], as_bytes(sent["body"]))
