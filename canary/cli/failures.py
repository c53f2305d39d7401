"""Whose mistake an error is: a sentence with the next step for a user's, None for a bug."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoRegionError,
    ProfileNotFound,
)

from release.aws import failures
from release.errors import ReleaseError

_LOG_IN = "Log in (`aws login`, `aws sso login`), or choose a profile with AWS_PROFILE."
_STALE_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


class UserError(Exception):
    """Something that the user can set right; the message says how."""


def sentence(error: Exception) -> str | None:
    """What a user reads instead of a traceback; None where the traceback is what helps."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, ReleaseError):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, BotoCoreError):
        return f"{error}{_next_step(error)}"
    return None


def _refused(error: ClientError) -> str:
    code = failures.code(error)
    said = f"AWS refused {error.operation_name} with {code}: {failures.message(error)}"
    if code in _STALE_CREDENTIALS:
        return f"{said} {_LOG_IN}"
    if code.startswith("AccessDenied"):
        return f"{said}. The credentials in use must be allowed to do this."
    if failures.is_unavailable(error):
        return f"{said}. It may pass: try again."
    return said


def _next_step(error: BotoCoreError) -> str:
    if isinstance(error, ProfileNotFound):
        return (
            ". Type the `export` line that `canary local serve` prints, or name an account's "
            "environment: --environment staging."
        )
    if isinstance(error, NoRegionError):
        return " Set AWS_DEFAULT_REGION, or a region in samconfig.toml."
    if failures.is_unavailable(error):
        return ". Is the network, or the local endpoint, there?"
    return f". {_LOG_IN}" if "redential" in type(error).__name__ else ""
