"""The deployment package as a request gives it: in the request itself or as an object in S3."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

from canary.localaws.awslambda.exceptions import InvalidParameterValueException


def read_archive(code: Mapping[str, Any], account: str, partition: str) -> bytes:
    """The package that `code`, a FunctionCode or an UpdateFunctionCode request, names."""
    if code.get("ZipFile"):
        archive = _decoded(code["ZipFile"])
    elif code.get("S3Bucket") and code.get("S3Key"):
        archive = _stored(code, account, partition)
    else:
        raise InvalidParameterValueException(
            "Please provide a source for function code: ZipFile, or S3Bucket and S3Key."
        )
    if not zipfile.is_zipfile(io.BytesIO(archive)):
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        )
    return archive


def _decoded(value: bytes) -> bytes:
    """The API's parser gives the bytes; moto's CloudFormation hands them over in base64."""
    return base64.b64decode(value) if value.startswith(base64.b64encode(b"PK\3")) else value


def _stored(code: Mapping[str, Any], account: str, partition: str) -> bytes:
    version = code.get("S3ObjectVersion")
    try:
        key = s3_backends[account][partition].get_object(code["S3Bucket"], code["S3Key"], version)
    except MissingBucket:
        raise _unreadable("NoSuchBucket", "The specified bucket does not exist") from None
    if key is None and version:
        raise _unreadable("NoSuchVersion", "The specified version does not exist.")
    if key is None:
        raise _unreadable("NoSuchKey", "The specified key does not exist.")
    return bytes(key.value)


def _unreadable(code: str, message: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(
        f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
    )
