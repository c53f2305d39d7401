"""What can be said of a package from its zip directory alone, without downloading it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable

from release.aws import s3
from release.errors import PackageInvalidError

_UNZIPPED_LIMIT = 250 * 1024 * 1024
_BUFFER = 64 * 1024

# Where each family of runtimes looks for a handler's module.
_PLACES = {
    "python": ("{}.py", "{}.pyc", "{}.so", "{}/__init__.py", "{}/__init__.pyc"),
    "nodejs": ("{}.js", "{}.mjs", "{}.cjs"),
}
_PATHS: dict[str, Callable[[str], str]] = {
    "python": lambda module: module.replace(".", "/"),
    "nodejs": lambda module: module,
}


def find(bucket: str, key: str, version: str) -> s3.Object:
    """The object version, or a PackageInvalidError that says what is wrong with it."""
    where = f"s3://{bucket}/{key}"
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
    """
    Check structure, unzipped size and handler; return the hash of the content.

    The hash covers each entry's name, size and CRC-32, so the same content zipped again has the
    same hash. PackageInvalidError names what is wrong.
    """
    where = f"s3://{target.bucket}/{target.key}"
    entries = _directory(target, where)
    unzipped = sum(entry.file_size for entry in entries)
    if unzipped > _UNZIPPED_LIMIT:
        raise PackageInvalidError(
            f"{where} unzips to {unzipped:,} bytes; Lambda takes {_UNZIPPED_LIMIT:,} (250 MB) with "
            "layers. Make it smaller. Nothing changed."
        )
    _require_handler(where, [entry.filename for entry in entries], runtime, handler)
    lines = sorted(f"{entry.filename}\0{entry.file_size}\0{entry.CRC}" for entry in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _directory(target: s3.Object, where: str) -> list[zipfile.ZipInfo]:
    if target.size == 0:
        raise PackageInvalidError(f"{where} is empty. Upload it again. Nothing changed.")
    try:
        reader = io.BufferedReader(s3.RangedReader(target), _BUFFER)
        with zipfile.ZipFile(reader) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise PackageInvalidError(
            f"{where} is not a zip archive ({error}). Lambda takes zip packages. Nothing changed."
        ) from error
    if not entries:
        raise PackageInvalidError(f"{where} is a zip archive without a file. Nothing changed.")
    return entries


def _require_handler(where: str, names: list[str], runtime: str, handler: str) -> None:
    """The handler's module must be in the archive; for other runtimes nothing can be said."""
    family = runtime.rstrip("0123456789.x")
    if family not in _PLACES:
        return
    module, dot, _ = handler.rpartition(".")
    if not dot:
        raise PackageInvalidError(
            f"the handler {handler!r} must be module.function ({runtime}). Nothing changed."
        )
    wanted = [place.format(_PATHS[family](module)) for place in _PLACES[family]]
    if not set(wanted) & set(names):
        raise PackageInvalidError(
            f"{where} has no module for the handler {handler!r} ({runtime}): none of "
            f"{', '.join(wanted)} is in it. Zip the folder's content, not the folder. "
            "Nothing changed."
        )
