"""Whether a runtime finds the handler of an unpacked package: its module is really imported."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from canary.localaws.awslambda import interpreters
from canary.localaws.awslambda.packages import Packages
from release import archives

_SECONDS = 30  # Lambda gives it ten, on its own machines
_FOUND = "lambda-canary: the handler is there"
_MACHINES = {"x86_64": {"x86_64", "amd64"}, "arm64": {"aarch64", "arm64"}}
_NATIVE = (".so", ".node")

_PYTHON = f"""
import importlib, sys
runtime, folder, handler = sys.argv[1:]
sys.path[:0] = [folder, runtime]
module, _, name = handler.rpartition(".")
if not callable(getattr(importlib.import_module(module.replace("/", ".")), name)):
    raise TypeError(f"{{handler}} cannot be called")
print({_FOUND!r})
"""
_NODE = f"""
import fs from "node:fs";
import path from "node:path";
import {{ pathToFileURL }} from "node:url";
const [folder, handler] = process.argv.slice(1);
const [stem, ...names] = path.basename(handler).split(".");
const base = path.join(folder, path.dirname(handler), stem);
const file = [".js", ".mjs", ".cjs"].map((end) => base + end).find(fs.existsSync);
const module = await import(pathToFileURL(file));
const find = (root) => names.reduce((value, name) => value?.[name], root);
if (typeof (find(module) ?? find(module.default)) !== "function")
  throw new TypeError(handler + " is not exported, or no function");
console.log({_FOUND!r});
process.exit(0);
"""


@dataclass(frozen=True)
class Attempt:
    """What came of it: a problem of the package, or what there is to say."""

    said: str
    is_problem: bool = False


def attempt(
    folder: Path, runtime: str, architecture: str, handler: str, variables: Mapping[str, str]
) -> Attempt:
    """
    Import the handler's module in a process of its own, without the user's credentials.

    Only the exact interpreter tells the truth; without it, or with native modules for another
    machine, nothing is tried, and that is said.
    """
    interpreter = interpreters.exact(runtime)
    if interpreter is None:
        return Attempt(f"handler not imported: {runtime} is not installed here")
    if _is_foreign(folder, architecture):
        here = f"{sys.platform} {platform.machine()}"
        return Attempt(
            f"handler not imported: it has native modules for {architecture}, not {here}"
        )
    with tempfile.TemporaryDirectory() as home, closing(Packages()) as packages:
        if archives.family_of(runtime) == "python":
            flags = ["-S", "-s", "-B", "-c", _PYTHON, str(packages.runtime())]
        else:
            flags = ["--input-type=module", "-e", _NODE]
        return _run([interpreter, *flags, str(folder), handler], folder, home, variables)


def _run(command: Sequence[str], folder: Path, home: str, variables: Mapping[str, str]) -> Attempt:
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
        "HOME": home,
        "LAMBDA_TASK_ROOT": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
    }
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment | dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Attempt(f"its handler was not imported within {_SECONDS} seconds.", is_problem=True)
    if done.returncode == 0 and _FOUND in done.stdout:
        return Attempt(f"handler imported by {Path(command[0]).name}")
    return Attempt(
        f"its handler cannot be imported: {_reason(done.stderr)}. If it needs a variable of the "
        "function, give it: --variable NAME=VALUE.",
        is_problem=True,
    )


def _is_foreign(folder: Path, architecture: str) -> bool:
    if sys.platform == "linux" and platform.machine().lower() in _MACHINES[architecture]:
        return False
    return any(path.suffix in _NATIVE for path in folder.rglob("*"))


def _reason(trace: str) -> str:
    """The line of a trace that names the error: Python's last one, Node's first such."""
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line.partition(":")[0]]
    return (errors or lines or ["it ended without a word"])[-1]
