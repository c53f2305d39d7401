"""What an execution environment is asked, and what comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Protocol

TIMED_OUT = "Sandbox.Timedout"
UNHANDLED = "Unhandled"


@dataclass(frozen=True)
class Request:
    """One event for a handler; `overhead` is how long it takes if it never sleeps."""

    id: str
    arn: str
    payload: bytes
    overhead: float
    timeout: float

    @property
    def limit(self) -> float:
        """How long it may sleep."""
        return self.timeout - self.overhead


@dataclass(frozen=True)
class Start:
    """The start of an environment: how long it took, the error that ended it or "", its log."""

    seconds: float
    error: str
    output: list[str]


@dataclass
class Outcome:
    """
    What came of a request.

    `error` is AWS's name for what went wrong; `is_broken` says that the environment cannot be used
    again; `output` are the log's messages.
    """

    payload: bytes
    seconds: float
    error: str | None = None
    is_broken: bool = False
    output: list[str] = field(default_factory=list)
    start: Start | None = None


class Environment(Protocol):
    """An execution environment of one version."""

    log_stream: str
    is_busy: bool
    last_used: float

    def answer(self, request: Request) -> Outcome:
        """Let the handler answer one event."""

    def close(self) -> None:
        """End it."""


def ended(request: Request, kind: str, message: str, seconds: float) -> Outcome:
    """The outcome of a request whose environment ended while it was answered."""
    text = f"RequestId: {request.id} Error: {message}"
    payload = json.dumps({"errorType": kind, "errorMessage": text}).encode()
    return Outcome(payload, seconds, kind, is_broken=True)


def timed_out(request: Request) -> Outcome:
    """The outcome of a request that took too long."""
    message = f"Task timed out after {request.timeout:.2f} seconds"
    return ended(request, TIMED_OUT, message, request.timeout)
