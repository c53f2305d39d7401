"""Where packages, layers and the runtime client lie while the embedded AWS runs."""

from __future__ import annotations

import hashlib
import io
import itertools
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from canary.localaws.awslambda.functions import Function

# What Lambda's Python has beside the standard library; each of these is pure Python, or can be.
_RUNTIME = (
    "awslambdaric",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot_restore_py",
    "urllib3",
)


@dataclass(frozen=True)
class Places:
    """Where a function finds its package, its layers, and the runtime's libraries."""

    task: Path
    opt: Path
    runtime: Path


class Packages:
    """A temporary directory, made when it is needed."""

    def __init__(self) -> None:
        self._directory: Path | None = None
        self._scratch = itertools.count()

    def task(self, function: Function) -> Path:
        """The function's package, unpacked."""
        return self._unpacked(f"task-{function.code_digest}", [function.code_bytes])

    def opt(self, layers: Sequence[bytes]) -> Path:
        """The layers, unpacked one over the other."""
        digest = hashlib.sha256(b"".join(hashlib.sha256(it).digest() for it in layers))
        return self._unpacked(f"opt-{digest.hexdigest()}", layers)

    def runtime(self) -> Path:
        """Python's runtime client and SDK, and nothing else of what is installed here."""
        runtime = self._root() / "runtime"
        if not runtime.exists():
            runtime.mkdir()
            for name in _RUNTIME:
                place = _installed(name)
                (runtime / place.name).symlink_to(place)
        return runtime

    def scratch(self) -> Path:
        """A new empty directory."""
        scratch = self._root() / f"tmp-{next(self._scratch)}"
        scratch.mkdir()
        return scratch

    def close(self) -> None:
        """Delete everything."""
        if self._directory:
            shutil.rmtree(self._directory)
            self._directory = None

    def _root(self) -> Path:
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="canary-lambda-")).resolve()
        return self._directory

    def _unpacked(self, name: str, archives: Sequence[bytes]) -> Path:
        place = self._root() / name
        if not place.exists():
            place.mkdir()
            for archive in archives:
                with zipfile.ZipFile(io.BytesIO(archive)) as package:
                    package.extractall(place)
        return place


def _installed(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is needed to run functions: install lambda-canary anew")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
