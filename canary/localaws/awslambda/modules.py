"""The modules of one function in this process, apart from those of others."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType


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
        """Find the package's names in it: the top-level ones, and what lies below those."""
        if name.partition(".")[0] not in self._own:
            return None
        spec = PathFinder.find_spec(name, self._path if path is None else path, target)
        if spec and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec

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


class _Loader(SourceFileLoader):
    """Compiles a file once, for all functions of all packages that it is in."""

    def get_code(self, fullname: str) -> CodeType | None:
        state = os.stat(self.path)
        return _code(fullname, self.path, state.st_mtime_ns, state.st_size)


@cache
def _code(name: str, path: str, *_state: int) -> CodeType | None:
    return SourceFileLoader(name, path).get_code(name)
