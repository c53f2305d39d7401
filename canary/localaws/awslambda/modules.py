"""The modules of one function in this process, apart from those of others."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType


class PackageModules:
    """While `in_place`, the names in a directory are imported from there, and `sys.modules` holds
    the function's own modules; otherwise nothing of it is there. All else is shared."""

    def __init__(self, root: Path) -> None:
        self._path = [str(root)]
        self._own = {
            entry.stem for entry in root.iterdir() if entry.is_dir() or entry.suffix == ".py"
        }
        self._loaded: dict[str, ModuleType] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the package's top-level names in it; what lies below them has a path of its own."""
        if path is None and name in self._own:
            return PathFinder.find_spec(name, self._path, target)
        return None

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the function's modules in the place of any of the same name."""
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
