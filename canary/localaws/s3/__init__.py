"""Amazon S3: moto's, with the conditions of bucket policies evaluated instead of ignored."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy
from moto.s3.models import FakeBucket

from canary.localaws.account import LocalAws

# Calls inside this process, and over the loopback endpoint, stand for calls over TLS.
_REQUEST = {("Bool", "aws:SecureTransport"): "true"}


def install(aws: LocalAws) -> None:
    """Let a bucket policy's statement count only where its conditions hold."""
    original = FakeBucket.get_permission

    def get_permission(bucket: FakeBucket, action: str, resource: str) -> Any:
        if bucket.policy is None:
            return original(bucket, action, resource)
        return IAMPolicy(_that_apply(bucket.policy)).is_action_permitted(action, resource)

    aws.patch(FakeBucket, "get_permission", get_permission)


def _that_apply(policy: bytes) -> str:
    """The policy without the statements that are for services, or whose conditions do not hold, and
    without conditions."""
    document = json.loads(policy)
    for_callers = (each for each in document["Statement"] if not _is_for_services(each))
    statements = [each for each in for_callers if _holds(each.pop("Condition", {}))]
    return json.dumps(document | {"Statement": statements})


def _is_for_services(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    return isinstance(principal, dict) and principal.keys() == {"Service"}


def _holds(condition: dict[str, dict[str, Any]]) -> bool:
    for operator, operands in condition.items():
        for key, wanted in operands.items():
            if (operator, key) not in _REQUEST:
                raise ValueError(
                    f"bucket policy condition {operator} on {key} is not evaluated by the embedded "
                    "AWS"
                )
            if str(wanted).lower() != _REQUEST[operator, key]:
                return False
    return True
