"""
AWS IAM: who may do what.

Every call that a role makes over boto3 passes `check_call`. Services that go to each other's
backends directly ask with `require`, and with `check_trust` before they act as a role.
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from canary.localaws.account import LocalAws
from canary.localaws.iam import grants
from canary.localaws.iam.deciding import (
    check_call,
    check_trust,
    may,
    observers,
    require,
    source,
)
from canary.localaws.iam.denial import DeniedError
from canary.localaws.iam.sessions import (
    OWN_KEY,
    Credentials,
    principal_of,
    session_for,
    session_of,
)

__all__ = [
    "OWN_KEY",
    "Credentials",
    "DeniedError",
    "check_trust",
    "install",
    "may",
    "observers",
    "principal_of",
    "require",
    "session_for",
    "session_of",
    "source",
]


def install(aws: LocalAws) -> None:
    """Check every call; moto's own look at bucket policies, which knows no conditions, is over."""
    aws.checks.append(check_call)
    aws.patch(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)
    aws.at_end(grants.forget)
    aws.at_end(observers.clear)
