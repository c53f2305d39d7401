"""
The connection to the Runtime API that awslambdaric calls `runtime_client`.

Its own is built for one version of Python; this one serves all, and tells how long the code slept.
"""

from __future__ import annotations

import os
import socket

import runtime_clock

_RUNTIME = "/2018-06-01/runtime/invocation"


class _Connection:
    """One HTTP connection that is kept."""

    def __init__(self) -> None:
        host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")

    def request(self, head: str, body: bytes = b"") -> tuple[bytes, dict[str, str]]:
        """The body and the headers of the answer to a request."""
        lines = (
            f"{head} HTTP/1.1\r\nHost: runtime\r\nCanary-Slept: {runtime_clock.slept()!r}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(lines.encode() + body)
        headers: dict[str, str] = {}
        while line := self._stream.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        if not headers:
            raise RuntimeError("the embedded AWS has closed the Runtime API")
        return self._stream.read(int(headers["Content-Length"])), headers


_connection: _Connection | None = None
_invocation = "init"


def _request(head: str, body: bytes = b"") -> tuple[bytes, dict[str, str]]:
    global _connection
    _connection = _connection or _Connection()
    return _connection.request(head, body)


def initialize_client(_user_agent: str) -> None:
    """Awslambdaric says who it is."""


def next() -> tuple[bytes, dict[str, object]]:
    """Wait for the next invocation: its event and its headers."""
    global _invocation
    body, headers = _request(f"GET {_RUNTIME}/next")
    _invocation = headers["Lambda-Runtime-Aws-Request-Id"]
    runtime_clock.begin(float(headers["Canary-Now"]), float(headers["Canary-Limit"]))
    return body, {
        **headers,
        "Lambda-Runtime-Deadline-Ms": int(headers["Lambda-Runtime-Deadline-Ms"]),
    }


def post_invocation_result(
    invoke_id: str, result: bytes, _content_type: str, _invocation_id: str | None = None
) -> None:
    """Answer the invocation."""
    _request(f"POST {_RUNTIME}/{invoke_id}/response", result)


def post_error(
    invoke_id: str, error: str, _xray_fault: str, _invocation_id: str | None = None
) -> None:
    """Report that the invocation failed."""
    _request(f"POST {_RUNTIME}/{invoke_id}/error", error.encode())


def time_out() -> None:
    """Say that the code sleeps beyond its time-out; what follows is the end of this process."""
    _request(f"POST {_RUNTIME}/{_invocation}/timeout")
