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

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._stream = opened.makefile("rb")
        self._unsent = b""

    def post(self, place: str, body: bytes = b"") -> None:
        """Send this with the next request, which follows at once, so that one write is enough."""
        self._unsent += _request("POST", place, body)

    def get(self, place: str) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of the answer."""
        answers = 2 if self._unsent else 1
        self._socket.sendall(self._unsent + _request("GET", place, b""))
        self._unsent = b""
        for _ in range(answers):
            answer = self._receive()
        return answer

    def _receive(self) -> tuple[bytes, dict[str, str]]:
        headers: dict[str, str] = {}
        while line := self._stream.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        if not headers:
            raise RuntimeError("the embedded AWS has closed the Runtime API")
        return self._stream.read(int(headers["Content-Length"])), headers


def _request(method: str, place: str, body: bytes) -> bytes:
    head = (
        f"{method} {_RUNTIME}/{place} HTTP/1.1\r\nHost: runtime\r\n"
        f"Canary-Slept: {runtime_clock.slept()!r}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


_connections: list[_Connection] = []
_invocation = "init"


def connect(door: int) -> None:
    """Use the connection that this process was started with; what it starts does not get it."""
    os.set_inheritable(door, False)
    _connections.append(_Connection(socket.socket(fileno=door)))


def initialize_client(_user_agent: str) -> None:
    """Awslambdaric says who it is."""


def next() -> tuple[bytes, dict[str, object]]:
    """Wait for the next invocation: its event and its headers."""
    global _invocation
    body, headers = _connections[0].get("next")
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
    _connections[0].post(f"{invoke_id}/response", result)


def post_error(
    invoke_id: str, error: str, _xray_fault: str, _invocation_id: str | None = None
) -> None:
    """Report that the invocation failed."""
    _connections[0].post(f"{invoke_id}/error", error.encode())


def time_out() -> None:
    """Say that the code sleeps beyond its time-out; what follows is the end of this process."""
    _connections[0].get(f"{_invocation}/timeout")
