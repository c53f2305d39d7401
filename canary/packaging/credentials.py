"""Credentials that do not belong in a package: where one is, never what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

# Each kind as a pattern, which is fast where it begins with what is rare, or else after a search
# for one of the marks. What AWS's documentation shows as an example is let through.
_KINDS: tuple[tuple[str, tuple[bytes, ...], re.Pattern[bytes]], ...] = (
    (
        "an AWS access key id",
        (),
        re.compile(rb"A[KS]IA(?<![A-Z0-9]....)(?![A-Z2-7]*EXAMPLE)[A-Z2-7]{16}(?![A-Z0-9])"),
    ),
    (
        "an AWS secret access key",
        (b"ecret_access_key", b"ECRET_ACCESS_KEY", b"ecretAccessKey"),
        re.compile(
            rb"(?i:secret_?access_?key)[\"']?\s{0,9}[=:]\s{0,9}[\"']?"
            rb"(?![A-Za-z0-9/+]*EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
        ),
    ),
    (
        "a private key",
        (),
        re.compile(
            rb"-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----(?:\s|\\[rn]){1,9}"
            rb"(?:Proc-Type|[A-Za-z0-9+/=]{40})"
        ),
    ),
)
_LONGEST = 256  # of what matches
_PRIVATE_NAMES = re.compile(r"\.env(\..+)?|\.npmrc|\.pypirc|\.netrc|id_(rsa|dsa|ecdsa|ed25519)")
_PRIVATE_FOLDERS = {".aws", ".ssh", ".gnupg"}
_KEY_FILES = {".pem", ".key", ".p12", ".pfx"}


def is_private(name: str) -> bool:
    """Whether a file of this name is one that holds credentials."""
    *folders, last = PurePosixPath(name).parts or ("",)
    return bool(_PRIVATE_NAMES.fullmatch(last)) or not _PRIVATE_FOLDERS.isdisjoint(folders)


def is_key_file(name: str) -> bool:
    """Whether it may hold a key; libraries keep certificates in such files, too."""
    return PurePosixPath(name).suffix.lower() in _KEY_FILES


def found(blocks: Iterator[bytes]) -> Iterator[tuple[int, str]]:
    """Line and kind of each credential in a file that comes in blocks."""
    line, rest = 1, b""
    for block in blocks:
        text = rest + block
        yield from _within(text, len(text) - _LONGEST, line)
        rest = text[-_LONGEST:]
        line += text.count(b"\n", 0, len(text) - len(rest))
    yield from _within(rest, len(rest), line)


def _within(text: bytes, until: int, line: int) -> Iterator[tuple[int, str]]:
    """Those that begin before `until`; what begins later is looked at with the next block."""
    for kind, marks, pattern in _KINDS:
        if not marks or any(mark in text for mark in marks):
            for match in pattern.finditer(text):
                if match.start() < until:
                    yield line + text.count(b"\n", 0, match.start()), kind
