"""Lambda: functions, versions, aliases, code signing."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.exceptions import ClientError, ReadTimeoutError

from release.aws import failures
from release.aws.clients import client


class Alias(msgspec.Struct, frozen=True, rename="camel"):
    """Where an alias points: its main version, and the share (0 to 1) that others receive."""

    version: str
    weights: dict[str, float]
    revision_id: str

    @property
    def is_whole(self) -> bool:
        """One version and no weights."""
        return not self.weights

    def serves_only(self, version: str) -> bool:
        """Whether all traffic goes to this version."""
        return self.is_whole and self.version == version

    @property
    def versions(self) -> set[str]:
        """Every version that may receive traffic."""
        return {self.version, *self.weights}

    def __str__(self) -> str:
        """As an operator reads it: `7`, or `7 with 10 % on 8`."""
        shares = [f"{share * 100:g} % on {version}" for version, share in self.weights.items()]
        return " with ".join([self.version, *shares])


class Invocation(msgspec.Struct, frozen=True):
    """What an invocation gave: an answer, or the function's error, both as Lambda sent them."""

    payload: bytes
    failed: bool
    milliseconds: int


class PreconditionFailedError(Exception):
    """Someone changed the function or the alias between our read and our write."""


class UnknownVersionError(Exception):
    """The function has no version of that number."""


def get_function(name: str) -> dict[str, Any] | None:
    """Configuration of `$LATEST`, or None where there is no such function."""
    try:
        return dict(client("lambda").get_function_configuration(FunctionName=name))
    except ClientError as error:
        if failures.code(error) == "ResourceNotFoundException":
            return None
        raise


def get_version(name: str, version: str) -> dict[str, Any]:
    """Configuration of a published version."""
    return dict(client("lambda").get_function_configuration(FunctionName=name, Qualifier=version))


def find_version(name: str, version: str) -> dict[str, Any] | None:
    """Configuration of a published version, or None where there is none of that number."""
    try:
        return get_version(name, version)
    except ClientError as error:
        if failures.code(error) == "ResourceNotFoundException":
            return None
        raise


def get_alias(name: str, alias: str) -> Alias | None:
    """The alias as it is now, or None where there is none."""
    try:
        found = client("lambda").get_alias(FunctionName=name, Name=alias)
    except ClientError as error:
        if failures.code(error) == "ResourceNotFoundException":
            return None
        raise
    return _alias(found)


def point_alias(name: str, alias: str, version: str, revision_id: str) -> Alias:
    """
    Point the alias to one version alone. PreconditionFailedError if it has changed,
    UnknownVersionError where there is no such version.
    """
    try:
        changed = client("lambda").update_alias(
            FunctionName=name,
            Name=alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
            RevisionId=revision_id,
        )
    except ClientError as error:
        if failures.code(error) == "ResourceNotFoundException":
            raise UnknownVersionError(f"function {name} has no version {version}") from error
        raise _precondition(error) from error
    return _alias(changed)


def get_code_signing_config(name: str) -> dict[str, Any] | None:
    """The function's code signing config, or None where it has none."""
    found = client("lambda").get_function_code_signing_config(FunctionName=name)
    arn = found.get("CodeSigningConfigArn")
    if not arn:
        return None
    answer = client("lambda").get_code_signing_config(CodeSigningConfigArn=arn)
    return dict(answer["CodeSigningConfig"])


def update_code(name: str, bucket: str, key: str, version: str, revision_id: str) -> dict[str, Any]:
    """Put an object's code into `$LATEST`. PreconditionFailedError if that has changed."""
    try:
        return dict(
            client("lambda").update_function_code(
                FunctionName=name,
                S3Bucket=bucket,
                S3Key=key,
                S3ObjectVersion=version,
                RevisionId=revision_id,
            )
        )
    except ClientError as error:
        raise _precondition(error) from error


def update_configuration(
    name: str, changes: Mapping[str, object], revision_id: str
) -> dict[str, Any]:
    """Change configuration of `$LATEST`. PreconditionFailedError if that has changed."""
    try:
        return dict(
            client("lambda").update_function_configuration(
                FunctionName=name, **changes, RevisionId=revision_id
            )
        )
    except ClientError as error:
        raise _precondition(error) from error


def publish_version(
    name: str, code_sha256: str, revision_id: str, description: str
) -> dict[str, Any]:
    """Freeze `$LATEST`; unchanged code and configuration give the version that has them already."""
    try:
        return dict(
            client("lambda").publish_version(
                FunctionName=name,
                CodeSha256=code_sha256,
                RevisionId=revision_id,
                Description=description,
            )
        )
    except ClientError as error:
        raise _precondition(error) from error


def invoke_version(name: str, version: str, payload: bytes, seconds: int) -> Invocation | None:
    """
    Invoke a published version, once, and wait for its answer; None if there is none in time.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    try:
        answer = client("lambda", read_timeout=seconds, attempts=1).invoke(
            FunctionName=name, Qualifier=version, Payload=payload, LogType="Tail"
        )
        content = answer["Payload"].read()
    except ReadTimeoutError:
        return None
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    return Invocation(content, "FunctionError" in answer, _milliseconds(log))


def _milliseconds(log: str) -> int:
    """The duration that Lambda reports at the end of a log, in text or JSON; 0 if it does not."""
    found = re.findall(r'(?:\tDuration: |"durationMs": ?)([0-9.]+)', log)
    return round(float(found[-1])) if found else 0


def _alias(answer: Mapping[str, Any]) -> Alias:
    routing = answer.get("RoutingConfig") or {}
    return Alias(
        version=answer["FunctionVersion"],
        weights=dict(routing.get("AdditionalVersionWeights") or {}),
        revision_id=answer["RevisionId"],
    )


def _precondition(error: ClientError) -> Exception:
    """A changed revision, or an update still in progress, means: look again next turn."""
    if failures.code(error) in {"PreconditionFailedException", "ResourceConflictException"}:
        return PreconditionFailedError(failures.message(error))
    return error
