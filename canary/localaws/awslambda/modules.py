"""The modules of one deployment package, apart from everyone else's in the same interpreter."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

# The embedded AWS lives in this interpreter's SDK; a package's own copy would call the real AWS.
_SDK = frozenset({"boto3", "botocore", "s3transfer"})


class PackageModules:
    """
    While `in_place`, the package's names are imported from its own directories and `sys.modules`
    holds its own modules; otherwise nothing of it is there. Shared with the process are the
    standard library, the SDK, and distributions that the package brings but that are installed
    here too.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = [str(root) for root in roots]
        self._own = frozenset(_own_names(roots))
        self._loaded: dict[str, ModuleType] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the package's top-level names in it; what lies below them has a path of its own."""
        if path is None and name in self._own:
            return PathFinder.find_spec(name, self._roots, target)
        return None

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the package's modules in the place of any of the same name."""
        hidden = self._take_out() if any(name in sys.modules for name in self._own) else {}
        sys.modules.update(self._loaded)
        size = len(sys.modules)
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)
            if len(sys.modules) != size:
                self._loaded = self._take_out()
            else:
                for name in self._loaded:
                    del sys.modules[name]
            sys.modules.update(hidden)

    def _take_out(self) -> dict[str, ModuleType]:
        names = [name for name in sys.modules if name.partition(".")[0] in self._own]
        return {name: sys.modules.pop(name) for name in names}


def _own_names(roots: Sequence[Path]) -> set[str]:
    present = {
        entry.name.partition(".")[0]
        for root in roots
        for entry in root.iterdir()
        if entry.is_dir() or entry.suffix in (".py", ".so")
    }
    shared = {name for name in _brought_along(roots) if PathFinder.find_spec(name)}
    return present - shared - _SDK - sys.stdlib_module_names


def _brought_along(roots: Sequence[Path]) -> set[str]:
    """The top-level names of the distributions that were installed into the package."""
    return {
        line.partition("/")[0].partition(",")[0].partition(".")[0]
        for root in roots
        for record in root.glob("*.dist-info/RECORD")
        for line in record.read_text().splitlines()
    }
