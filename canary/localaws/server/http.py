"""The sockets: read a request, have it answered on the clock, write what comes back."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response

from canary.localaws.account import LocalAws
from canary.localaws.clock import Killed, OutOfTime, call
from canary.localaws.server.door import Door
from canary.localaws.server.messages import Answer, Request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOOPBACK = "127.0.0.1"
_PORTS = range(65536)


class PortError(RuntimeError):
    """The port cannot be had; the message says why."""


class _Handler(WSGIRequestHandler):
    """Werkzeug's, silent, and with the headers as they were sent: WSGI has no underscores in them,
    which S3's metadata may have."""

    def make_environ(self) -> WSGIEnvironment:
        return super().make_environ() | {"canary.headers": Headers(self.headers.items())}

    def log(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served(aws: LocalAws, port: int) -> Iterator[str]:
    """
    Within it, AWS is at the URL that it gives; port 0 is any that is free.

    Somebody must drive the clock in real time meanwhile.
    """
    door = Door(aws)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        received = WsgiRequest(environ)
        request = Request(
            received.method, environ["REQUEST_URI"], environ["canary.headers"], received.get_data()
        )
        answer = _on_the_clock(aws, lambda: door.answer(request))
        headers = _headers(answer.headers, received.method)
        return Response(answer.body or None, answer.status, headers)(environ, start_response)

    with _listening(port) as listener:
        server = make_server(
            LOOPBACK,
            port,
            application,
            threaded=True,
            request_handler=_Handler,
            fd=listener.fileno(),
        )
        thread = threading.Thread(target=server.serve_forever, name="endpoint", daemon=True)
        thread.start()
        # `localhost`, because moto takes only that for itself in the URL of a template.
        aws.endpoint = f"http://localhost:{server.port}"
        try:
            yield aws.endpoint
        finally:
            aws.endpoint = None
            server.shutdown()
            server.server_close()


def _listening(port: int) -> socket.socket:
    if port not in _PORTS:
        raise PortError(f"There is no port {port}: choose one from 0 to {_PORTS[-1]}.")
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise PortError(f"Port {port} cannot be had ({reason}): choose another one.") from error


def _headers(sent: Any, method: str) -> Headers:
    """Without the length, which is the body's; except where there is none on purpose."""
    left_out = {"status"} if method == "HEAD" else {"status", "content-length"}
    return Headers([(k, v) for k, v in sent.items() if k.lower() not in left_out])


def _on_the_clock(aws: LocalAws, answer: Callable[[], Answer]) -> Answer:
    try:
        return call(aws.clock, answer)
    except (Killed, OutOfTime):  # the embedded AWS ends, or the invocation that has called
        return Answer(503, {"Content-Type": "text/plain"}, b"cut off\n")
