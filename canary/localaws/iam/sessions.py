"""Credentials: those that a role's session gets, and whose an access key is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from canary.localaws.account import ACCOUNT, REGION, current

OWN_KEY = "testing"
"""The access key of the account itself: of the profile that people use."""

# moto's own, which clients of this process have where nobody has set another.
_MOTO_KEYS = {"FOOBARKEY", "FOOBARBAZ"}
_SECONDS_OF_A_SERVICE = 366 * 86400  # a service renews its sessions in time
_MESSAGE = "The security token included in the request is invalid"
_INVALID = {
    "cloudformation": "InvalidClientTokenId",
    "cloudwatch": "InvalidClientTokenId",
    "iam": "InvalidClientTokenId",
    "s3": "InvalidAccessKeyId",
    "sns": "InvalidClientTokenId",
    "sqs": "InvalidClientTokenId",
    "sts": "InvalidClientTokenId",
}


@dataclass(frozen=True)
class Credentials:
    """Of one session of a role."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime


def session_for(role_arn: str, session_name: str) -> Credentials:
    """
    Credentials for what a service runs as a role: a function in a process of its own. Whether the
    service may assume the role is for `check_trust` to say.
    """
    session = _sts().assume_role(
        region_name=REGION,
        role_session_name=session_name,
        role_arn=role_arn,
        policy="",
        duration=_SECONDS_OF_A_SERVICE,
        external_id="",
    )
    return Credentials(
        session.access_key_id,
        session.secret_access_key,
        session.session_token,
        session.expiration,
    )


def principal_of(access_key_id: str, service: str = "") -> str | None:
    """
    The role whose session has this key; None for the account itself. Another key is an error, with
    the code of the service (by botocore's name) that was called.
    """
    if access_key_id == OWN_KEY or access_key_id in _MOTO_KEYS:
        return None
    session = _session(access_key_id)
    if session is None:
        raise ServiceException(_INVALID.get(service, "UnrecognizedClientException"), _MESSAGE)
    if session.expiration.timestamp() < current().clock.now():
        raise ServiceException(
            "ExpiredToken" if service in _INVALID else "ExpiredTokenException",
            "The security token included in the request is expired",
        )
    return str(session.role_arn)


def session_of(access_key_id: str | None) -> tuple[str, str] | None:
    """Role and name of the session that has this key; None for a key that is no session's."""
    session = _session(access_key_id or "")
    return (session.role_arn, session.session_name) if session is not None else None


def _session(access_key_id: str) -> Any:
    if access_key_id not in iam_backends[ACCOUNT]["aws"].access_keys:
        return None
    return _sts().get_assumed_role_from_access_key(access_key_id)


def _sts() -> Any:
    return sts_backends[ACCOUNT]["aws"]
