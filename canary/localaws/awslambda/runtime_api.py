"""
Lambda's Runtime API for one process: an HTTP server without a thread.

Whoever waits for the process serves it; between invocations nothing is read, as a frozen
environment asks nothing.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from selectors import EVENT_READ, BaseSelector

_PATIENCE = 10.0
_CHUNK = 1 << 20
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


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
    """
    The server, and its connections to the one process that knows its address. `door` is the
    process's end of a connection that is there from the start, and costs half of one over TCP.
    """

    def __init__(self, selector: BaseSelector) -> None:
        self._selector = selector
        self._server = socket.create_server(("127.0.0.1", 0))
        self._asking: _Connection | None = None
        self.pending: deque[Message] = deque()
        host, port = self._server.getsockname()
        self.address = f"{host}:{port}"
        selector.register(self._server, EVENT_READ, self._accept)
        ours, self.door = socket.socketpair()
        self._serve(ours)

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
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._serve(accepted)

    def _serve(self, opened: socket.socket) -> None:
        connection = _Connection(opened)
        self._selector.register(opened, EVENT_READ, lambda: self._read(connection))

    def _read(self, connection: _Connection) -> Message | None:
        message = connection.receive()
        if message is None:
            self._selector.unregister(connection.socket)
            connection.socket.close()
        elif message.kind == "next":
            self._asking = connection
        elif message.kind != "timeout":  # what sleeps beyond its time gets no answer
            connection.acknowledge()
        if connection.has_more and (following := self._read(connection)):
            self.pending.append(following)
        return message


class _Connection:
    def __init__(self, opened: socket.socket) -> None:
        opened.settimeout(_PATIENCE)
        self.socket = opened
        self._unread = self._unsent = b""

    @property
    def has_more(self) -> bool:
        """Whether the next request has come with the last one."""
        return bool(self._unread)

    def receive(self) -> Message | None:
        """The next request; None where the process has closed the connection."""
        try:
            head, rest = self._read_until(b"\r\n\r\n")
            place, *lines = head.decode().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
            }
            size = int(headers.get("content-length", 0))
            body, self._unread = rest[:size], rest[size:]
            body += self._read(size - len(body))
        except OSError:
            return None
        kind = place.split()[1].partition("/runtime/")[2]
        return Message(
            kind if kind == "init/error" else kind.rpartition("/")[2],
            body,
            float(headers.get("canary-slept", 0)),
        )

    def _read_until(self, mark: bytes) -> tuple[bytes, bytes]:
        """What comes before the mark, and what of the rest has come with it."""
        data = self._unread
        while mark not in data:
            chunk = self.socket.recv(_CHUNK)
            if not chunk:
                raise ConnectionResetError
            data += chunk
        before, _, after = data.partition(mark)
        return before, after

    def _read(self, size: int) -> bytes:
        chunks = []
        while size > 0:
            chunks.append(self.socket.recv(min(size, _CHUNK)))
            if not chunks[-1]:
                raise ConnectionResetError
            size -= len(chunks[-1])
        return b"".join(chunks)

    def answer(self, status: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Header and body in one write: apart they would wait for each other's acknowledgement."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{lines}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(self._unsent + head.encode() + body)
        self._unsent = b""

    def acknowledge(self) -> None:
        """Accept what was posted: at once, or together with what is asked for in the same breath,
        so that the process is woken only once."""
        self._unsent = _ACCEPTED
        if not self._unread:
            self.socket.sendall(self._unsent)
            self._unsent = b""
