"""What a zip's directory alone tells of a package, and each rule that it must keep."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from release.errors import PackageInvalidError

UNZIPPED_LIMIT = 250 * 1024 * 1024

_DIRECTORY_LIMIT = 8 * 1024 * 1024
_BUFFER = 64 * 1024
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 1
_SHOWN = 3

# An empty step, `.` or `..`; a drive; another system's separator; what no terminal should print.
_UNSAFE = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|^[A-Za-z]:|\\|[\x00-\x1f\x7f]")

# Where each family of runtimes looks for a handler's module.
_PLACES = {
    "python": ("{}.py", "{}.pyc", "{}.so", "{}/__init__.py", "{}/__init__.pyc"),
    "nodejs": ("{}.js", "{}.mjs", "{}.cjs"),
}
_PATHS: dict[str, Callable[[str], str]] = {
    "python": lambda handler: handler.rpartition(".")[0].replace(".", "/"),
    "nodejs": lambda handler: str(PurePosixPath(handler).parent / _stem(handler)),
}

# All that zipfile raises for bytes that are no zip, or one that it does not know.
_NO_ZIP = (
    zipfile.BadZipFile,
    NotImplementedError,
    OSError,
    OverflowError,
    ValueError,
    struct.error,
)


class _Bounded(io.BufferedReader):
    """zipfile reads the directory at once, however large it says that it is."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As any file, but never more than a directory may have."""
        if size is not None and size > _DIRECTORY_LIMIT:
            raise ValueError(f"its directory has {size:,} bytes, more than {_DIRECTORY_LIMIT:,}")
        return super().read(size)


def directory(content: io.RawIOBase, where: str) -> list[zipfile.ZipInfo]:
    """All that is in the zip, which is closed; a PackageInvalidError where it is none, or empty."""
    try:
        with _Bounded(content, _BUFFER) as reader, zipfile.ZipFile(reader) as archive:
            entries = archive.infolist()
    except _NO_ZIP as error:
        raise PackageInvalidError(
            f"{where} is not a zip archive ({error}). Lambda takes zip packages. Nothing changed."
        ) from error
    if all(is_folder(entry) for entry in entries):
        raise PackageInvalidError(f"{where} is a zip archive without a file. Nothing changed.")
    return entries


def problems(entries: Sequence[zipfile.ZipInfo], runtime: str, handler: str) -> Iterator[str]:
    """
    Each rule that is broken, as what follows the package's name. The handler's module is looked for
    where one is given.
    """
    for offenders, sentence in _offenders(entries):
        if offenders:
            yield sentence.format(_some(offenders))
    unzipped = sum(entry.file_size for entry in entries)
    if unzipped > UNZIPPED_LIMIT:
        yield (
            f"unzips to {unzipped:,} bytes; Lambda takes {UNZIPPED_LIMIT:,} (250 MB) with layers. "
            "Make it smaller."
        )
    if handler:
        yield from _handler_problems({each.orig_filename for each in entries}, runtime, handler)


def _offenders(entries: Sequence[zipfile.ZipInfo]) -> Iterator[tuple[list[str], str]]:
    """For each rule of single files: who breaks it, and how that is told."""
    yield (
        _names(entries, lambda entry: not is_plain(entry.orig_filename.removesuffix("/"))),
        "has names that are no plain relative paths ({}). Zip a folder's content from within it.",
    )
    yield (
        _twice([entry.orig_filename for entry in entries]),
        "holds something twice ({}). Zip it anew.",
    )
    yield (
        _names(entries, _is_special),
        "holds symbolic links or other special files ({}). Put in what they lead to, as "
        "`canary package build` does.",
    )
    yield (
        _names(entries, _is_strange),
        "holds files that are encrypted, or neither stored nor deflated ({}). Zip it anew, without "
        "a password.",
    )


def _names(
    entries: Sequence[zipfile.ZipInfo], which: Callable[[zipfile.ZipInfo], bool]
) -> list[str]:
    return [entry.orig_filename for entry in entries if which(entry)]


def is_folder(entry: zipfile.ZipInfo) -> bool:
    """As ZipInfo.is_dir, which fails for an empty name."""
    return entry.filename.endswith("/")


def is_plain(path: str) -> bool:
    """Whether a path is relative and stays below where it begins, on every system."""
    return not _UNSAFE.search(path)


def content_hash(entries: Sequence[zipfile.ZipInfo]) -> str:
    """
    A hash of each file's name, size and CRC-32: the same content zipped again has the same one.
    """
    lines = sorted(
        f"{entry.filename}\0{entry.file_size}\0{entry.CRC}"
        for entry in entries
        if not is_folder(entry)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _twice(names: Sequence[str]) -> list[str]:
    """Names that come again, and files that are folders too."""
    counts = Counter(name.removesuffix("/") for name in names)
    folders: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    files = {name for name in names if not name.endswith("/")}
    return [name for name, count in counts.items() if count > 1] + sorted(files & folders)


def _is_special(entry: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR)


def _is_strange(entry: zipfile.ZipInfo) -> bool:
    return bool(entry.flag_bits & _ENCRYPTED) or entry.compress_type not in _METHODS


def _handler_problems(names: set[str], runtime: str, handler: str) -> Iterator[str]:
    """The handler's module must be in the archive; for other runtimes nothing can be said."""
    family = family_of(runtime)
    if family not in _PLACES:
        return
    if "." not in PurePosixPath(handler).name:
        yield f"cannot have the handler {handler!r}: it must be module.function ({runtime})."
        return
    wanted = [place.format(_PATHS[family](handler)) for place in _PLACES[family]]
    if not set(wanted) & names:
        none_of = ascii(", ".join(wanted))[1:-1]
        yield (
            f"has no module for the handler {handler!r} ({runtime}): none of {none_of} is in it. "
            "Zip the folder's content, not the folder."
        )


def family_of(runtime: str) -> str:
    """`python` of `python3.13`, `nodejs` of `nodejs22.x`."""
    return runtime.rstrip("0123456789.x")


def _stem(handler: str) -> str:
    return PurePosixPath(handler).name.partition(".")[0]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(ascii(name) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
