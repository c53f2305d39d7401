"""Whether Lambda would take a package: by its directory alone, or by every byte of it."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from canary.packaging import credentials, importing, inflating
from release import archives
from release.errors import PackageInvalidError

_DIRECT_LIMIT = 50 * 1024 * 1024


@dataclass(frozen=True)
class Question:
    """What the package is for; without a handler, that is not looked for."""

    runtime: str
    architecture: str
    handler: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What was found; no problem: it is valid."""

    size: int
    files: int = 0
    unzipped: int = 0
    content_hash: str = ""
    sha256: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Found:
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def quick(package: Path, question: Question) -> Report:
    """What the pipeline looks at as well, by the same rules: the zip's directory."""
    report, _ = _by_directory(package, question)
    return report


def full(package: Path, question: Question, advance: Callable[[int], object] = int) -> Report:
    """Beyond that, in one pass: checksums, credentials, and whether the handler is found."""
    report, entries = _by_directory(package, question)
    if report.problems:
        return report  # nothing is inflated of what the directory speaks against
    found = _Found()
    with package.open("rb") as content, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "task") if question.handler else None
        for entry in entries:
            found.problems += _look_through(content, entry, folder, advance)
        if folder and not found.problems:
            _try_handler(folder, question, found)
        content.seek(0)
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Report(
        size=report.size,
        files=report.files,
        unzipped=report.unzipped,
        content_hash=report.content_hash,
        sha256=digest,
        problems=tuple(found.problems),
        notes=(*report.notes, *found.notes),
    )


def _by_directory(package: Path, question: Question) -> tuple[Report, Sequence[zipfile.ZipInfo]]:
    size = package.stat().st_size
    try:
        entries = archives.directory(io.FileIO(package), str(package))
    except PackageInvalidError as error:
        said = str(error).removeprefix(f"{package} ").removesuffix(" Nothing changed.")
        return Report(size, problems=(said,)), []
    return (
        Report(
            size=size,
            files=sum(not archives.is_folder(entry) for entry in entries),
            unzipped=sum(entry.file_size for entry in entries),
            content_hash=archives.content_hash(entries),
            problems=tuple(archives.problems(entries, question.runtime, question.handler)),
            notes=tuple(_notes(size, question)),
        ),
        entries,
    )


def _notes(size: int, question: Question) -> Iterator[str]:
    if size > _DIRECT_LIMIT:
        yield "more than 50 MB zipped: Lambda takes it from S3 only, as a release does"
    if not question.handler:
        yield "handler not looked for: name it with --handler module.function"


def _look_through(
    content: BinaryIO,
    entry: zipfile.ZipInfo,
    folder: Path | None,
    advance: Callable[[int], object],
) -> Iterator[str]:
    """Inflate one file, into the folder if there is one: what is wrong with it."""
    name = entry.filename
    if credentials.is_private(name):
        yield f"{name} is a file that holds credentials. Leave it out, and change what was in it."
    blocks = _passed_on(inflating.contents(content, entry), advance)
    if folder and not archives.is_folder(entry):
        blocks = _written(blocks, folder / name)
    try:
        for line, kind in credentials.found(blocks):
            yield f"{name}, line {line}: {kind}. Take it out, and replace the key: it is known now."
    except zipfile.BadZipFile as error:
        yield f"{name} {error}. Zip it anew."
    except OSError as error:
        yield f"{name} cannot be unzipped here: {error.strerror}."


def _passed_on(blocks: Iterator[bytes], advance: Callable[[int], object]) -> Iterator[bytes]:
    for block in blocks:
        advance(len(block))
        yield block


def _written(blocks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        for block in blocks:
            target.write(block)
            yield block


def _try_handler(folder: Path, question: Question, found: _Found) -> None:
    came = importing.attempt(
        folder, question.runtime, question.architecture, question.handler, question.variables
    )
    (found.problems if came.is_problem else found.notes).append(came.said)
