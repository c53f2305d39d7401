"""A package from a folder: the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from canary.packaging import PackagingError, bill, dependencies, sources
from release import archives

_EPOCH = (1980, 1, 1, 0, 0, 0)
_BLOCK = 256 * 1024


@dataclass(frozen=True)
class Built:
    """A package, the bill beside it, and what was left out of it because it may hold a secret."""

    package: Path
    bill: Path
    sha256: str
    size: int
    files: int
    unzipped: int
    components: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """Whom to tell what is done now, how many bytes are to be packed, and each that is."""

    stage: Callable[[str], object] = str
    total: Callable[[int], object] = int
    advance: Callable[[int], object] = int


def build(
    folder: Path, output: Path, runtime: str, architecture: str, progress: Progress | None = None
) -> Built:
    """Package the folder; the output and its bill are written whole, or not at all."""
    progress = progress or Progress()
    found = sources.collect(folder, output)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".canary-package-") as scratch:
        installed = Path(scratch, "installed")
        installed.mkdir()
        needed, components = _dependencies(folder, runtime, architecture, installed, progress)
        files = needed | found.files  # one's own code wins
        package = Path(scratch, "package.zip")
        progress.stage(f"packing {len(files)} files")
        _write(files, package, progress)
        entries = _accepted(package, output, runtime)
        with package.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        made = Path(scratch, "bill.json")
        made.write_text(bill.document(output.stem, digest, components))
        beside = output.with_suffix(".cdx.json")
        os.replace(package, output)
        os.replace(made, beside)
    return Built(
        package=output,
        bill=beside,
        sha256=digest,
        size=output.stat().st_size,
        files=len(entries),
        unzipped=sum(entry.file_size for entry in entries),
        components=len(components),
        left_out=tuple(found.private),
    )


def _dependencies(
    folder: Path, runtime: str, architecture: str, installed: Path, progress: Progress
) -> tuple[dict[str, Path], list[dict[str, Any]]]:
    """What the folder says that it needs, and the components of that."""
    family = archives.family_of(runtime)
    if family == "python" and (folder / "requirements.txt").is_file():
        progress.stage(f"installing requirements.txt for {runtime}, {architecture}")
        files = dependencies.of_python(folder, runtime, architecture, installed)
        return files, bill.of_python(installed)
    if family == "nodejs" and (folder / "package.json").is_file():
        progress.stage(f"installing package-lock.json for {runtime}, {architecture}")
        files = dependencies.of_node(folder, architecture, installed)
        return files, bill.of_node(installed)
    return {}, []


def _write(files: Mapping[str, Path], package: Path, progress: Progress) -> None:
    progress.total(sum(path.stat().st_size for path in files.values()))
    with zipfile.ZipFile(package, "w") as archive:
        for name, path in sorted(files.items()):
            with path.open("rb") as source, archive.open(_entry(name, source), "w") as sink:
                while block := source.read(_BLOCK):
                    sink.write(block)
                    progress.advance(len(block))


def _entry(name: str, source: BinaryIO) -> zipfile.ZipInfo:
    """Of what this machine says of a file, only whether it can be run goes in."""
    status = os.fstat(source.fileno())
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # Unix, so that the mode counts
    mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    entry.external_attr = (stat.S_IFREG | mode) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.file_size = status.st_size
    return entry


def _accepted(package: Path, output: Path, runtime: str) -> list[zipfile.ZipInfo]:
    """What a release would refuse is not built."""
    entries = archives.directory(io.FileIO(package), str(output))
    if broken := " It ".join(archives.problems(entries, runtime, "")):
        raise PackagingError(f"{output} {broken} Nothing was written.")
    return entries
