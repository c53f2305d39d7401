"""Starting an execution of the release machine, and what a machine reads of it."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from canary.cli import following
from canary.cli.following import Target
from canary.cli.watch import End
from release.aws.clients import client

_NAME_LENGTH = 80  # of an execution


def name(function: str, body: dict[str, Any], package: str = "") -> str:
    """A release's id: function, beginning of a hash of what is asked for, and the time."""
    digest = hashlib.sha256(f"{json.dumps(body, sort_keys=True)} {package}".encode()).hexdigest()
    rest = f"-{digest[:8]}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    return function[: _NAME_LENGTH - len(rest)] + rest


def start(machine: str, release: str, text: str) -> str:
    """Start a release with this input; returns the execution's ARN."""
    answer = client("stepfunctions").start_execution(
        stateMachineArn=machine, name=release, input=text
    )
    return str(answer["executionArn"])


def document(target: Target, arn: str, end: End | None) -> dict[str, object]:
    """A release that was started, and how it ended if it was followed."""
    started: dict[str, object] = {
        "schema": 1,
        "release": arn.rpartition(":")[2],
        "executionArn": arn,
        "function": target.function,
        "alias": target.alias,
    }
    if end is None:
        return started | {"status": "RUNNING", "outcome": "in_progress"}
    return started | following.document(end)
