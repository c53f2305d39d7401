"""S3: packages in, evidence out."""

from __future__ import annotations

import io
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from release.aws import failures
from release.aws.clients import client

_ABSENT = {
    "404",
    "NoSuchKey",
    "NoSuchVersion",
    "NoSuchBucket",
    "NotFound",
    "400",
    "InvalidArgument",
}


class Object(msgspec.Struct, frozen=True, rename="camel"):
    """An object version; `version` is "null" in a bucket that keeps none. Size in bytes."""

    bucket: str
    key: str
    version: str
    size: int


def head(bucket: str, key: str, version: str | None = None) -> Object | None:
    """The object (its newest version unless one is named), or None where it is not there."""
    arguments = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    try:
        found = client("s3").head_object(**arguments)
    except ClientError as error:
        if failures.code(error) in _ABSENT:
            return None
        raise
    return Object(bucket, key, found.get("VersionId", "null"), found["ContentLength"])


def read(bucket: str, key: str) -> bytes | None:
    """The whole newest version, or None where it is not there."""
    try:
        return bytes(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if failures.code(error) in _ABSENT:
            return None
        raise


def download(target: Object) -> bytearray | None:
    """The whole object version, kept once in memory; None where it is not there any more."""
    try:
        body = client("s3").get_object(
            Bucket=target.bucket, Key=target.key, VersionId=target.version
        )["Body"]
    except ClientError as error:
        if failures.code(error) in _ABSENT:
            return None
        raise
    content = bytearray(target.size)
    left = memoryview(content)
    while left and (count := body.readinto(left)):
        left = left[count:]
    return content


def write(bucket: str, key: str, content: bytes, content_type: str) -> None:
    """Write an object."""
    client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)


class RangedReader(io.RawIOBase):
    """An object version as a seekable file; only the ranges that are read are downloaded."""

    def __init__(self, target: Object) -> None:
        self._target = target
        self._position = 0

    def seekable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The current position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, as any file does; before the start is an OSError."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._target.size}
        position = base[whence] + offset
        if position < 0:
            raise OSError("seek before the start of the object")
        self._position = position
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with one ranged request."""
        view = memoryview(buffer)
        last = min(self._position + len(view), self._target.size) - 1
        if last < self._position:
            return 0
        answer = client("s3").get_object(
            Bucket=self._target.bucket,
            Key=self._target.key,
            VersionId=self._target.version,
            Range=f"bytes={self._position}-{last}",
        )
        content = answer["Body"].read()
        view[: len(content)] = content
        self._position += len(content)
        return len(content)
