"""Which files of a folder go into its package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from canary.packaging import PackagingError, credentials

_TOOLS = {
    ".aws-sam",
    ".git",
    ".hypothesis",
    ".idea",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    ".vscode",
    "__pycache__",
    "node_modules",  # installed anew
}
_LITTER = {".DS_Store", ".gitignore"}


@dataclass
class Sources:
    """Each file by its name in the package, and what was left out because it may hold a secret."""

    files: dict[str, Path] = field(default_factory=dict)
    private: list[str] = field(default_factory=list)


def collect(folder: Path, output: Path) -> Sources:
    """All files below the folder but for what tools keep there, the package itself, and secrets."""
    sources = Sources()
    for path in _walked(folder):
        name = path.relative_to(folder).as_posix()
        if credentials.is_private(name) or credentials.is_key_file(name):
            sources.private.append(name)
        elif path.resolve() != output.resolve():
            sources.files[name] = path
    if not sources.files:
        raise PackagingError(f"{folder} has no file to package. Name the folder of the code.")
    return sources


def _walked(folder: Path) -> Iterator[Path]:
    """Every regular file, also one that a link within the folder leads to."""
    for at, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if name not in _TOOLS)
        for name in folders:
            _refuse_link(folder, Path(at, name))
        for name in sorted(names):
            if name not in _LITTER and not name.endswith((".pyc", ".pyo")):
                yield _regular(folder, Path(at, name))


def _unreadable(error: OSError) -> None:
    raise PackagingError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _refuse_link(folder: Path, path: Path) -> None:
    if path.is_symlink():
        raise PackagingError(
            f"{path.relative_to(folder)} in {folder} is a link to a folder ({os.readlink(path)}). "
            "Put the folder itself there: a package has no links."
        )


def _regular(folder: Path, path: Path) -> Path:
    name = path.relative_to(folder)
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise PackagingError(
            f"{name} in {folder} is a link that leaves the folder ({os.readlink(path)}): what is "
            "outside does not go in. Put a copy there."
        )
    if not path.is_file():
        what = "a link to nothing" if path.is_symlink() else "no regular file"
        raise PackagingError(f"{name} in {folder} is {what}. Remove it.")
    try:
        name.as_posix().encode()
    except UnicodeEncodeError as error:
        raise PackagingError(f"{str(name)!a} in {folder} is no UTF-8. Rename it.") from error
    return path
