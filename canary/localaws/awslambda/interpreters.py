"""Which interpreter runs the packages of a runtime."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from canary.localaws.awslambda.exceptions import InvalidRuntimeException

CLIENTS = Path(__file__).parent / "clients"
_OLDEST = 9  # awslambdaric needs Python 3.9
_PYTHON = re.compile(r"python3\.(\d+)")
_NODE = re.compile(r"nodejs(\d+)\.x")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Interpreter:
    """How to start a package: the command, and whether sleeps in it take no time."""

    command: tuple[str, ...]
    is_virtual: bool


@cache
def find(runtime: str) -> Interpreter:
    """
    The interpreter of a runtime: the exact one; where it is not installed, one of the same language
    with a warning; an InvalidRuntimeException where there is none of it.
    """
    if _PYTHON.fullmatch(runtime):
        # -S and -s keep packages that are installed here away.
        client = CLIENTS / "python" / "bootstrap.py"
        return Interpreter((_python(runtime), "-S", "-s", str(client)), True)
    if _NODE.fullmatch(runtime):
        client = CLIENTS / "node" / "bootstrap.mjs"
        return Interpreter((_node(runtime), str(client)), False)
    raise InvalidRuntimeException(
        f"The embedded AWS runs zip packages of Python 3 and Node.js, not {runtime}."
    )


def exact(runtime: str) -> str | None:
    """The executable of exactly this runtime; None where it is not installed."""
    if (match := _PYTHON.fullmatch(runtime)) and int(match[1]) >= _OLDEST:
        where = _WHERE.format(int(match[1]))
        found = (_says(each, "-S", "-c", where) for each in _pythons(int(match[1])))
        return next(filter(None, found), None)
    if match := _NODE.fullmatch(runtime):
        return _installed_nodes().get(match[1])
    return None


def _python(runtime: str) -> str:
    if path := exact(runtime):
        return path
    _warn(runtime, f"Python {sys.version_info[0]}.{sys.version_info[1]}, which runs the project")
    return _own()


def _node(runtime: str) -> str:
    if path := exact(runtime):
        return path
    found = _installed_nodes()
    if not found:
        raise InvalidRuntimeException(
            f"The embedded AWS runs {runtime} with the Node.js of this machine, and there is none "
            "on the PATH: install it."
        )
    _warn(runtime, f"Node {min(found)}")
    return found[min(found)]


def _installed_nodes() -> dict[str, str]:
    """The first Node of each major version."""
    found: dict[str, str] = {}
    for candidate in _nodes():
        if version := _says(candidate, "--version"):
            found.setdefault(version.lstrip("v").partition(".")[0], candidate)
    return found


_WHERE = "import sys; sys.version_info[1] == {} and print(sys.executable)"


def _own() -> str:
    """The interpreter without the virtual environment's packages."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _pythons(minor: int) -> Iterator[str]:
    if sys.version_info[1] == minor:
        yield _own()
    yield from _on_path(f"python3.{minor}")
    yield from _below("PYENV_ROOT", ".pyenv", f"versions/3.{minor}.*/bin/python3.{minor}")


def _nodes() -> Iterator[str]:
    yield from _on_path("node")
    yield from _below("NVM_DIR", ".nvm", "versions/node/v*/bin/node")


def _on_path(name: str) -> Iterator[str]:
    for directory in os.get_exec_path():
        if os.access(path := os.path.join(directory, name), os.X_OK):
            yield path


def _below(variable: str, default: str, pattern: str) -> Iterator[str]:
    root = Path(os.environ.get(variable) or Path.home() / default)
    yield from sorted(map(str, root.glob(pattern)), reverse=True)


def _says(*command: str) -> str:
    """What a command prints; nothing where it fails, as a shim of pyenv may."""
    try:
        # Without a timeout, with which subprocess would sleep: in virtual time.
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _warn(runtime: str, instead: str) -> None:
    _log.warning("no %s to be found here: its packages run under %s", runtime, instead)
