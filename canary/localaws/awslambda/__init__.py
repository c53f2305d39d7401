"""AWS Lambda: functions that run their own code here, versions, weighted aliases, code signing."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from moto.awslambda.models import lambda_backends

from canary.localaws.account import LocalAws, current
from canary.localaws.awslambda import names
from canary.localaws.awslambda.invocation import Invocation
from canary.localaws.awslambda.models import LambdaBackend
from canary.localaws.awslambda.traffic import Traffic

__all__ = [
    "Invocation",
    "LambdaBackend",
    "Traffic",
    "install",
    "invoke",
    "invoke_later",
    "register_source",
]


def install(aws: LocalAws) -> None:
    """Let moto answer for Lambda with our backend."""
    aws.extend(lambda_backends, LambdaBackend)
    aws.at_end(lambda: aws.backend(lambda_backends).invoker.environments.close())


def invoke(name: str, payload: bytes, qualifier: str | None = None) -> Invocation:
    """
    Invoke a function by its name or any form of its ARN. The caller's time does not pass: one to
    whom the duration matters sleeps `seconds` afterwards.
    """
    invoker = _backend().invoker
    return invoker.invoke(invoker.target(*names.split(name, qualifier)), payload)


def invoke_later(name: str, payload: bytes, qualifier: str | None = None) -> None:
    """Invoke a function asynchronously, as other services do: with retries and dead letters."""
    _backend().invoker.queue(*names.split(name, qualifier), payload)


def register_source(archive_sha256_base64: str, directory: Path) -> None:
    """Run packages with this CodeSha256 from the directory that they were made of."""
    _backend().invoker.environments.sources[archive_sha256_base64] = directory


def _backend() -> LambdaBackend:
    return cast(LambdaBackend, current().backend(lambda_backends))
