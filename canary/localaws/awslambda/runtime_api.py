"""
Lambda's Runtime API for one process: an HTTP server without a thread.

Whoever waits for the process serves it; between invocations nothing is read, as a frozen
environment asks nothing.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from selectors import EVENT_READ, BaseSelector
from typing import BinaryIO

_PATIENCE = 10.0


@dataclass(frozen=True)
class Message:
    """
    What a process says. `kind`: `next`, `response`, `error`, `timeout`, or `init/error`; `slept`
    are the virtual seconds since it got its last event.
    """

    kind: str
    body: bytes = b""
    slept: float = 0.0


class RuntimeApi:
    """The server, and its connections to the one process that knows its address."""

    def __init__(self, selector: BaseSelector) -> None:
        self._selector = selector
        self._server = socket.create_server(("127.0.0.1", 0))
        self._asking: _Connection | None = None
        host, port = self._server.getsockname()
        self.address = f"{host}:{port}"
        selector.register(self._server, EVENT_READ, self._accept)

    def send_event(self, event: bytes, headers: Mapping[str, str]) -> None:
        """Answer the process, which has asked for what is next."""
        assert self._asking is not None, "the process has not asked"  # noqa: S101
        self._asking.answer("200 OK", event, headers)

    def close(self) -> None:
        """Close the server and all connections."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                self._selector.unregister(key.fileobj)
                key.fileobj.close()

    def _accept(self) -> None:
        accepted, _ = self._server.accept()
        connection = _Connection(accepted)
        self._selector.register(accepted, EVENT_READ, lambda: self._read(connection))

    def _read(self, connection: _Connection) -> Message | None:
        message = connection.receive()
        if message is None:
            self._selector.unregister(connection.socket)
            connection.socket.close()
        elif message.kind == "next":
            self._asking = connection
        elif message.kind != "timeout":  # what sleeps beyond its time gets no answer
            connection.answer("202 Accepted", b'{"status":"OK"}', {})
        return message


class _Connection:
    def __init__(self, accepted: socket.socket) -> None:
        accepted.settimeout(_PATIENCE)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = accepted
        self._stream: BinaryIO = accepted.makefile("rb")

    def receive(self) -> Message | None:
        """The next request; None where the process has closed the connection."""
        try:
            place = self._stream.readline().decode().split()
            headers = dict(self._headers())
            body = self._stream.read(int(headers.get("content-length", 0)))
        except OSError:
            return None
        if len(place) < 2:
            return None
        kind = place[1].partition("/runtime/")[2]
        return Message(
            kind if kind == "init/error" else kind.rpartition("/")[2],
            body,
            float(headers.get("canary-slept", 0)),
        )

    def _headers(self) -> list[tuple[str, str]]:
        lines = iter(lambda: self._stream.readline().strip().decode(), "")
        return [
            (name.lower(), value.strip()) for name, _, value in (it.partition(":") for it in lines)
        ]

    def answer(self, status: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Header and body in one write: apart they would wait for each other's acknowledgement."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{lines}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)
