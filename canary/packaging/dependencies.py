"""What a package needs beside its own code, as pip and npm install it for Lambda's platform."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from canary.localaws.awslambda import interpreters
from canary.packaging import PackagingError

ARCHITECTURES = ("x86_64", "arm64")

_GLIBC = {"3.9": 26, "3.10": 26, "3.11": 26}  # Amazon Linux 2
_NEWER_GLIBC = 34  # Amazon Linux 2023
_OLDEST_GLIBC = 17  # manylinux2014
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
_CPUS = {"x86_64": "x64", "arm64": "arm64"}
_SAID = 12  # lines of what a tool says that are passed on

# What pip and npm leave behind that speaks of this machine, or that no function can use.
_LEFT_BEHIND = re.compile(
    r"bin/.*|(.*/)?__pycache__/.*|[^/]+\.dist-info/(INSTALLER|REQUESTED|direct_url\.json)"
    r"|(.*/)?node_modules/(\.bin/.*|\.package-lock\.json)"
)


def of_python(folder: Path, runtime: str, architecture: str, target: Path) -> dict[str, Path]:
    """The wheels of the folder's requirements.txt in the target, by their names in the package."""
    version = runtime.removeprefix("python")
    command = [
        *_pip(runtime),
        "install",
        "--quiet",
        "--no-input",
        "--no-compile",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--root-user-action=ignore",
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={version}",
        *(f"--platform={each}" for each in _platforms(version, architecture)),
        f"--target={target}",
        "--requirement=requirements.txt",
    ]
    _run(command, folder, f"requirements.txt of {folder} could not be installed for {runtime}")
    files = _installed(target)
    _mend_records(files)
    return files


def of_node(folder: Path, architecture: str, target: Path) -> dict[str, Path]:
    """The modules of the folder's package-lock.json, installed in the target."""
    if shutil.which("npm") is None:
        raise PackagingError("npm is not on the PATH. Install Node.js.")
    if not (folder / "package-lock.json").is_file():
        raise PackagingError(
            f"{folder} has no package-lock.json, which says exactly what to install. Make it: "
            "npm install --package-lock-only"
        )
    for name in ("package.json", "package-lock.json", ".npmrc"):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, target / name)
    command = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--os=linux", f"--cpu={_CPUS[architecture]}", "--libc=glibc"]
    _run(command, target, f"package-lock.json of {folder} could not be installed")
    return {
        name: path for name, path in _installed(target).items() if name.startswith("node_modules/")
    }


def _platforms(version: str, architecture: str) -> Iterator[str]:
    """All that Lambda's glibc can run, the newest first; pip takes no newer one for an older."""
    machine = _MACHINES[architecture]
    for minor in range(_GLIBC.get(version, _NEWER_GLIBC), _OLDEST_GLIBC - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
    yield f"manylinux2014_{machine}"


def _pip(runtime: str) -> Sequence[str]:
    """The pip of the runtime's own interpreter, which judges markers as Lambda would."""
    own = str(getattr(sys, "_base_executable", None) or sys.executable)
    for python in (interpreters.exact(runtime), sys.executable, own):
        if python and _answers([python, "-m", "pip", "--version"]):
            return (python, "-m", "pip")
    raise PackagingError(
        f"There is no pip here. Install the interpreter of {runtime} with its pip."
    )


def _answers(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: Sequence[str], folder: Path, trouble: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-_SAID:]
        raise PackagingError("\n  ".join([f"{trouble}:", *said]))


def _installed(target: Path) -> dict[str, Path]:
    """Every file below the target that belongs into a package."""
    files = {}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if _LEFT_BEHIND.fullmatch(name) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink():
            raise PackagingError(
                f"{name} was installed as a link ({os.readlink(path)}), as npm does for folders of "
                "this machine. Name a published version of it."
            )
        files[name] = path
    return files


def _mend_records(files: Mapping[str, Path]) -> None:
    """RECORD names what was installed; what is not in the package comes out of it."""
    for name, path in files.items():
        if re.fullmatch(r"[^/]+\.dist-info/RECORD", name):
            with path.open(newline="") as lines:
                rows = [row for row in csv.reader(lines) if row and row[0] in files]
            with path.open("w", newline="") as lines:
                csv.writer(lines, lineterminator="\n").writerows(sorted(rows))
