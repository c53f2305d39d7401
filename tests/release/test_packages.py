"""Packages: what is read off the zip's directory, and how little of the object that takes."""

from collections.abc import Iterator
from random import Random

import pytest

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


@pytest.mark.parametrize("key", ["incoming/../signed/x.zip", "incoming//x.zip", "incoming/\nx"])
def test_a_key_that_is_no_plain_path_is_refused(aws: LocalAws, key: str) -> None:
    """On its way to S3 it may become another one."""
    with pytest.raises(PackageInvalidError, match="is no plain path"):
        packages.find(BUCKET, key, "1")


@pytest.mark.parametrize(
    ("files", "words"),
    [({"app.py": "", "../x": ""}, "no plain relative paths"), ({"a": "", "a/b": ""}, "twice")],
)
def test_the_pipeline_keeps_the_rules_of_the_directory(
    aws: LocalAws, files: dict[str, str], words: str
) -> None:
    """The same that `canary package validate` tells."""
    with pytest.raises(PackageInvalidError, match=words):
        packages.inspect(upload(aws, archive(files)), "python3.13", "app.handler")


def test_broken_bytes_are_no_package(aws: LocalAws) -> None:
    """Read from S3, too, a broken zip is our error, never another."""
    for content in (b"", b"PK\x05\x06", b"PK\x05\x06" + bytes(18), b"x" * 300):
        with pytest.raises(PackageInvalidError):
            packages.inspect(upload(aws, content), "python3.13", "app.handler")
