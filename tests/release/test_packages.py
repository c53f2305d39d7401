"""Packages: what is read off the zip's directory, and how little of the object that takes."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.localaws import LocalAws
from canary.localaws.sandbox import archive
from release import packages
from release.aws import s3
from release.errors import PackageInvalidError

BUCKET = "artifacts"


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    """An embedded AWS with a versioned bucket."""
    with LocalAws() as running:
        client = running.client("s3")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield running


def upload(aws: LocalAws, content: bytes) -> s3.Object:
    """The object, as ValidateRelease finds it."""
    answer = aws.client("s3").put_object(Bucket=BUCKET, Key="incoming/x.zip", Body=content)
    return packages.find(BUCKET, "incoming/x.zip", answer["VersionId"])


def test_the_same_content_zipped_in_another_order_has_the_same_hash(aws: LocalAws) -> None:
    """Names, sizes and checksums count; order and time do not."""
    first = upload(aws, archive({"app.py": "a", "lib.py": "b"}))
    second = upload(aws, archive({"lib.py": "b", "app.py": "a"}))
    assert packages.inspect(first, "python3.13", "app.handler") == packages.inspect(
        second, "python3.13", "app.handler"
    )


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": "b"},
        {"app.py": "a", "lib.py": ""},
        {"app.py": "", "lib.py": "a"},
    ],
)
def test_other_content_has_another_hash(aws: LocalAws, files: dict[str, str]) -> None:
    """One byte, one file, one name."""
    one = packages.inspect(upload(aws, archive({"app.py": "a"})), "python3.13", "app.handler")
    other = packages.inspect(upload(aws, archive(files)), "python3.13", "app.handler")
    assert one != other


def test_the_whole_package_is_never_downloaded(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package of 8 MB costs a fraction of that."""
    read: list[int] = []
    original = s3.RangedReader.readinto

    def counting(reader: s3.RangedReader, buffer: bytearray) -> int:
        read.append(original(reader, buffer))
        return read[-1]

    monkeypatch.setattr(s3.RangedReader, "readinto", counting)
    noise = Random(1).randbytes(8 * 1024 * 1024)
    packages.inspect(
        upload(aws, archive({"app.py": "", "data.bin": noise})), "python3.13", "app.handler"
    )
    assert 0 < sum(read) < 256 * 1024


@pytest.mark.parametrize(
    ("runtime", "handler", "name"),
    [
        ("python3.13", "app.handler", "app.py"),
        ("python3.13", "pkg.app.handler", "pkg/app.py"),
        ("python3.13", "pkg.handler", "pkg/__init__.py"),
        ("python3.13", "pkg/app.handler", "pkg/app.py"),
        ("nodejs22.x", "index.handler", "index.mjs"),
        ("nodejs22.x", "src/index.handler", "src/index.js"),
        ("provided.al2023", "bootstrap", "anything"),
    ],
)
def test_the_handler_is_found(aws: LocalAws, runtime: str, handler: str, name: str) -> None:
    """Where each runtime looks for it."""
    assert packages.inspect(upload(aws, archive({name: ""})), runtime, handler)


def test_a_handler_without_a_function_is_refused(aws: LocalAws) -> None:
    """The error says what a handler looks like."""
    with pytest.raises(PackageInvalidError, match=r"must be module\.function"):
        packages.inspect(upload(aws, archive({"app.py": ""})), "python3.13", "app")


def test_a_bucket_without_versions_is_refused(aws: LocalAws) -> None:
    """Its objects can change under a release."""
    client = aws.client("s3")
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="incoming/x.zip", Body=b"x")
    with pytest.raises(PackageInvalidError, match=r"version"):
        packages.find("plain", "incoming/x.zip", "null")


@settings(max_examples=25)
@given(content=st.binary(max_size=300) | st.binary().map(lambda tail: b"PK\x05\x06" + tail))
def test_any_bytes_are_a_package_or_refused(content: bytes) -> None:
    """A broken zip is our error, never another."""
    with LocalAws() as running:
        client = running.client("s3")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        with pytest.raises(PackageInvalidError):
            packages.inspect(upload(running, content), "python3.13", "app.handler")
