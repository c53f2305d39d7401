"""How a refused call ends: with the error that AWS would answer."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from moto.moto_api._internal import mock_random

from canary.localaws.admission import Call


def refusal(call: Call, code: str, message: str, status: int = 400) -> ClientError:
    """AWS's error as a client raises it."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {
            "HTTPStatusCode": status,
            "RequestId": str(mock_random.uuid4()),
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        },
    }
    return ClientError(answer, call.operation.name)
