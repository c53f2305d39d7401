"""The stack that a verb talks to: from an environment of samconfig.toml to its outputs."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import click
from botocore.exceptions import ClientError

from canary.cli.failures import UserError
from release.aws import failures
from release.aws.clients import client

_FILE = "samconfig.toml"
_STACK = "lambda-canary"


@dataclass(frozen=True)
class Stack:
    """What a deployed stack says of itself."""

    release_machine: str
    rollback_machine: str
    bucket: str
    table: str
    application: str
    signing_profile: str


@dataclass(frozen=True)
class _Settings:
    """Where the stack is; what is None is left to boto3."""

    stack_name: str = _STACK
    profile: str | None = None
    region: str | None = None
    origin: str = f"no {_FILE} here or above"


def connect(environment: str) -> Stack:
    """
    The stack of an environment; until the verb ends, `release` reads this stack's table and bucket.
    """
    settings = _settings(environment)
    if settings.profile or settings.region:
        boto3.setup_default_session(profile_name=settings.profile, region_name=settings.region)
        client.cache_clear()
    stack = _stack(settings)
    variables = {"TABLE_NAME": stack.table, "ARTIFACT_BUCKET": stack.bucket}
    click.get_current_context().with_resource(patch.dict(os.environ, variables))
    return stack


def _settings(environment: str) -> _Settings:
    here = Path.cwd()
    files = [each / _FILE for each in (here, *here.parents) if (each / _FILE).is_file()]
    if not files:
        if environment == "default":
            return _Settings()
        raise UserError(
            f"There is no {_FILE} in {here} or above, so nothing says what environment "
            f"{environment!r} is. Go to where it is, or leave out --environment."
        )
    return _read(files[0], environment)


def _read(file: Path, environment: str) -> _Settings:
    try:
        document = tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is no TOML: {error}.") from error
    environments = [name for name, each in document.items() if isinstance(each, dict)]
    if environment not in environments:
        raise UserError(
            f"{file} has no environment {environment!r}, only {', '.join(environments) or 'none'}."
        )
    return _Settings(
        **{"stack_name": _STACK} | _parameters(document[environment]),
        origin=f"environment {environment!r} of {file}",
    )


def _parameters(environment: dict[str, Any]) -> dict[str, str]:
    """As SAM reads them: those of `deploy` go before `global` ones."""
    tables = [environment.get(name, {}).get("parameters", {}) for name in ("global", "deploy")]
    merged: dict[str, object] = {name: value for table in tables for name, value in table.items()}
    return {
        name: str(merged[name]) for name in ("stack_name", "profile", "region") if name in merged
    }


def _stack(settings: _Settings) -> Stack:
    name = settings.stack_name
    try:
        (found,) = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if failures.code(error) == "ValidationError" and "does not exist" in str(error):
            raise UserError(
                f"There is no stack {name} ({settings.origin}) in this account and region. Deploy "
                "it with `sam build && sam deploy`, or choose another --environment."
            ) from error
        raise
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    try:
        return Stack(
            release_machine=outputs["ReleaseStateMachineArn"],
            rollback_machine=outputs["RollbackStateMachineArn"],
            bucket=outputs["ArtifactBucket"],
            table=outputs["TableName"],
            application=outputs["ApplicationName"],
            signing_profile=outputs["SigningProfileName"],
        )
    except KeyError as error:
        raise UserError(
            f"Stack {name} ({settings.origin}) is {found['StackStatus']} and has no output "
            f"{error}: it is no whole stack of Lambda Canary. Deploy it, or name the right "
            "stack_name in an environment of samconfig.toml."
        ) from error
