"""Packages in the artifact bucket: what is said of one without downloading it."""

from __future__ import annotations

from release import archives
from release.aws import s3
from release.errors import PackageInvalidError


def find(bucket: str, key: str, version: str) -> s3.Object:
    """The object version, or a PackageInvalidError that says what is wrong with it."""
    where = f"s3://{bucket}/{key}"
    if not archives.is_plain(key):
        raise PackageInvalidError(
            f"the key {key!r} is no plain path: it has an empty step, `.` or `..`, a backslash or "
            "a control character. Upload the package under another key. Nothing changed."
        )
    if version == "null":
        raise PackageInvalidError(
            f"{where} has no version: its bucket does not keep versions, and only a fixed version "
            "can be signed. Upload to the artifact bucket and give the version. Nothing changed."
        )
    found = s3.head(bucket, key, version)
    if found is None:
        raise PackageInvalidError(
            f"there is no {where} in version {version}. Upload the package first and give the "
            "version that S3 answered. Nothing changed."
        )
    if found.version == "null":
        raise PackageInvalidError(f"{where} is not versioned. Turn on versioning. Nothing changed.")
    return found


def inspect(target: s3.Object, runtime: str, handler: str) -> str:
    """The hash of the content; a PackageInvalidError names the first rule that is broken."""
    where = f"s3://{target.bucket}/{target.key}"
    if target.size == 0:
        raise PackageInvalidError(f"{where} is empty. Upload it again. Nothing changed.")
    entries = archives.directory(s3.RangedReader(target), where)
    for problem in archives.problems(entries, runtime, handler):
        raise PackageInvalidError(f"{where} {problem} Nothing changed.")
    return archives.content_hash(entries)
