"""Credentials in files are found wherever they are, and only they."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.packaging import credentials

KEY_ID = b"AKIA" + b"Q3EGRT5XWIKZ2UVN"
SECRET = b"aws_secret_access_key = "  # pragma: allowlist secret
SECRET += b"wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzKEY0"
PRIVATE = b"-----BEGIN RSA PRIVATE " + b"KEY-----\n" + b"MIIEowIBAAKCAQEAy" * 4


def found(*blocks: bytes) -> list[tuple[int, str]]:
    """Line and kind of each."""
    return list(credentials.found(iter(blocks)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (KEY_ID, "an AWS access key id"),
        (b"key='" + KEY_ID.replace(b"AKIA", b"ASIA") + b"'", "an AWS access key id"),
        (SECRET, "an AWS secret access key"),
        (SECRET.replace(b"aws_secret_access_key = ", b'"SecretAccessKey":"'), "an AWS secret"),
        (SECRET.upper().replace(b" = ", b"="), "an AWS secret access key"),
        (PRIVATE, "a private key"),
        (PRIVATE.replace(b"\n", b"\\n").replace(b"RSA ", b""), "a private key"),
    ],
)
def test_a_credential_is_found_with_its_line(text: bytes, kind: str) -> None:
    """In code, settings and JSON."""
    ((line, what),) = found(b"first\nsecond\n  " + text + b"\nlast\n")
    assert line == 3
    assert what.startswith(kind)


@pytest.mark.parametrize(
    "text",
    [
        b"AKIAIOSFODNN7EXAMPLE",  # pragma: allowlist secret
        b"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        b"X" + KEY_ID,
        KEY_ID + b"X",
        b"if text.startswith('-----BEGIN PRIVATE KEY-----'): load(text)",
        b"aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']",
        b"-----BEGIN CERTIFICATE-----\n" + b"MIIEowIBAAKCAQEAy" * 4,
    ],
)
def test_what_looks_like_one_is_let_through(text: bytes) -> None:
    """Examples of AWS's documentation, parts of longer words, code that handles keys."""
    assert found(text) == []


@given(
    before=st.integers(0, 700),
    sizes=st.lists(st.integers(1, 300), max_size=30),
    text=st.sampled_from([KEY_ID, SECRET, PRIVATE]),
)
def test_a_credential_is_found_once_however_the_file_is_cut(
    before: int, sizes: list[int], text: bytes
) -> None:
    """Also where it lies in two blocks, or three."""
    whole = b"a\n" * before + text + b"\nz" * 300
    blocks = []
    for size in sizes:
        blocks.append(whole[:size])
        whole = whole[size:]
    assert [line for line, _ in found(*blocks, whole)] == [before + 1]


def test_private_files_are_known_by_name() -> None:
    """Anywhere in a package; a library's certificates are not."""
    for name in (".env", "a/.env.production", ".aws/credentials", "x/.ssh/known", "id_rsa"):
        assert credentials.is_private(name), name
    for name in ("env.py", "certifi/cacert.pem", "environment", "aws/config"):
        assert not credentials.is_private(name), name
    assert credentials.is_key_file("server.PEM")
