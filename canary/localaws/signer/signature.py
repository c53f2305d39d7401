"""
The signature inside a signed archive.

It is one more entry of the zip file, so that the archive stays a zip file and its hash changes.
What it holds is who signed what until when, and an ECDSA P-384 / SHA-384 signature over that and
over the name and the bytes of every other entry, in order.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import lzma
import time
import zlib
from dataclasses import asdict, dataclass
from functools import cache
from random import Random
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384

ENTRY = "META-INF/aws_signer_signature_v1.0.SF"

# Whatever the zipfile module raises while it reads an archive that is not whole.
_UNREADABLE = (
    BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


class TamperedError(Exception):
    """The archive carries a signature that does not match its content."""


class UnsignableError(Exception):
    """The archive cannot be signed: it is empty, malformed or signed already."""


@dataclass(frozen=True)
class Statement:
    """What a signature says. Times are seconds since the epoch."""

    profile_version_arn: str
    job_arn: str
    signed_at: float
    expires_at: float


def add_signature(archive: bytes, statement: Statement, seed: int) -> bytes:
    """The archive with a signature as its last entry; raises UnsignableError."""
    try:
        with ZipFile(io.BytesIO(archive)) as source:
            names = source.namelist()
            digest = _digest(source)
    except _UNREADABLE as error:
        raise UnsignableError("The file is malformed: it is not a readable zip archive.") from error
    if not names:
        raise UnsignableError("The file is empty.")
    if ENTRY in names:
        raise UnsignableError("The file is already signed.")
    signature = _key(seed, statement.profile_version_arn).sign(
        _message(statement, digest), ec.ECDSA(SHA384(), deterministic_signing=True)
    )
    content = asdict(statement) | {"signature": base64.b64encode(signature).decode()}
    return _append(archive, json.dumps(content, sort_keys=True), statement.signed_at)


def read_signature(archive: bytes, seed: int) -> Statement | None:
    """What the archive's signature says, None where it has none; raises TamperedError."""
    try:
        with ZipFile(io.BytesIO(archive)) as signed:
            if ENTRY not in signed.namelist():
                return None
            return _verified(signed, seed)
    except BadZipFile:
        return None


def _verified(signed: ZipFile, seed: int) -> Statement:
    try:
        if signed.namelist().count(ENTRY) > 1:
            raise TamperedError("the archive carries more than one signature")
        content = json.loads(signed.read(ENTRY))
        signature = base64.b64decode(content.pop("signature"))
        statement = Statement(**content)
        _key(seed, statement.profile_version_arn).public_key().verify(
            signature, _message(statement, _digest(signed)), ec.ECDSA(SHA384())
        )
    except (*_UNREADABLE, KeyError, TypeError, AttributeError, InvalidSignature) as error:
        raise TamperedError("the archive's content is not what was signed") from error
    return statement


def _append(archive: bytes, content: str, moment: float) -> bytes:
    buffer = io.BytesIO(archive)
    buffer.seek(0, io.SEEK_END)
    with ZipFile(buffer, "a", ZIP_STORED) as signed:
        signed.writestr(ZipInfo(ENTRY, time.gmtime(moment)[:6]), content)
    return buffer.getvalue()


def _digest(archive: ZipFile) -> str:
    digest = hashlib.sha384()
    for entry in archive.infolist():
        if entry.filename != ENTRY:
            content = archive.read(entry)
            digest.update(json.dumps([entry.filename, len(content)]).encode())
            digest.update(content)
    return digest.hexdigest()


def _message(statement: Statement, digest: str) -> bytes:
    return json.dumps(asdict(statement) | {"content": digest}, sort_keys=True).encode()


@cache
def _key(seed: int, profile_version_arn: str) -> ec.EllipticCurvePrivateKey:
    """Each profile version's own key: from the seed, so that equal runs sign to equal bytes."""
    stream = Random(f"{seed}:signing key of {profile_version_arn}")
    return ec.derive_private_key(1 + stream.getrandbits(383), ec.SECP384R1())
