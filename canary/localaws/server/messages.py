"""What goes over the wire, free of any web framework, and what a signature tells of a request."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from werkzeug.datastructures import Headers

from canary.localaws.account import REGION

_SCOPE = re.compile(r"([^/\s=&]+)/\d{8}/([^/\s]+)/([^/\s]+)/aws4_request")
_OLDER = re.compile(r"[?&]AWSAccessKeyId=([^&]+)")  # what boto3 still presigns for S3


@dataclass(frozen=True)
class Scope:
    """What a request was signed with (the signature itself is not checked), and for."""

    access_key: str
    region: str
    service: str


@dataclass(frozen=True)
class Request:
    """`target` is path and query, as they were sent."""

    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def scope(self) -> Scope | None:
        """
        The scope of its signature, in a header or, of a presigned URL, in the query.

        The latter for S3 alone: any web page can have a browser send such a request to this
        machine, but none with a header of its choice.
        """
        if signed := _SCOPE.search(self.headers.get("Authorization", "")):
            return Scope(*signed.groups())
        if presigned := _SCOPE.search(unquote(self.target)):
            scope = Scope(*presigned.groups())
            return scope if scope.service == "s3" else None
        older = _OLDER.search(self.target)
        return Scope(older[1], REGION, "s3") if older else None

    @property
    def is_of_a_page(self) -> bool:
        """Whether a browser sends it for a web page: by its headers, or by a name of the page's
        own for this machine (DNS rebinding)."""
        host = self.headers.get("Host", "localhost").rsplit(":", 1)[0]
        is_local = host in {"localhost", "127.0.0.1"} or host.endswith(".localhost")
        return not is_local or "Origin" in self.headers or "Sec-Fetch-Site" in self.headers

    def unpacked(self) -> Request:
        """The same with a plain body, where the client has compressed it."""
        if self.headers.get("Content-Encoding") != "gzip":
            return self
        headers = self.headers.copy()
        del headers["Content-Encoding"]
        return replace(self, headers=headers, body=gzip.decompress(self.body))


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def as_bytes(body: str | bytes) -> bytes:
    """A body, which moto gives as text or as bytes."""
    return body.encode() if isinstance(body, str) else body
