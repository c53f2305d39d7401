"""
What building and looking through a package of 250 MB unzipped costs, beside the usual tools.

The content is what is installed beside this project. The yardstick is `unzip -tqq` plus `sha256sum`
on the same file (where they are missing, Python's own, named). Seconds are of CPU, which a busy
machine changes least, and the best of some turns counts. Memory is the peak of a process of its
own, above what it had when it had imported its modules.
"""

from __future__ import annotations

import multiprocessing
import re
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from canary.packaging import building, validation
from canary.packaging.validation import Question
from release import archives

_SIZE = archives.UNZIPPED_LIMIT - 1024 * 1024
_TURNS = 3
_RATIO, _MEMORY_MB = 0.8, 64.0
_RUNTIME, _ARCHITECTURE = "python3.13", "x86_64"


def main() -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, package = Path(scratch, "package"), Path(scratch, "package.zip")
        unzipped = _fill(folder)
        measured = {"build": _measured("build", folder, package, turns=1)}
        measured["validate"] = _measured("validate", folder, package)
        yardstick, named = _yardstick(package)
        table = Table(title=f"{unzipped:,} bytes unzipped, {package.stat().st_size:,} zipped")
        for heading in ("", "CPU", "ratio", "", "memory", ""):
            table.add_column(heading, justify="left" if not heading else "right")
        for what, (seconds, memory) in measured.items():
            ratio = yardstick / seconds
            table.add_row(
                what,
                f"{seconds:.2f} s",
                f"{ratio:.2f} : 1",
                _judged(f"≥ {_RATIO}", ratio >= _RATIO),
                f"{memory:.1f} MB",
                _judged(f"≤ {_MEMORY_MB:.0f}", memory <= _MEMORY_MB),
            )
        console = Console()
        console.print(table)
        console.print(f"1 : 1 is {named}, {yardstick:.2f} s.")
        console.print(
            "Building deflates, which the yardstick does not; "
            + _beside_zip(folder, Path(scratch, "other.zip"))
        )


def _judged(goal: str, met: bool) -> str:
    return f"goal {goal}: {'met' if met else 'missed'}"


def _fill(folder: Path) -> int:
    """Copy what is installed, again and again, until it is as much as Lambda takes."""
    installed = Path(sysconfig.get_path("purelib"))
    files = [
        path
        for path in sorted(installed.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix not in (".pyc", ".pth")
    ]
    total = 0
    for turn in range(99):
        for path in files:
            size = path.stat().st_size
            if total + size <= _SIZE:
                target = folder / str(turn) / path.relative_to(installed)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                total += size
        if total > _SIZE * 0.99:
            break
    return total


def _measured(what: str, folder: Path, package: Path, turns: int = _TURNS) -> tuple[float, float]:
    """Seconds, the best of some, and MB above the floor, in processes of their own."""
    found = []
    for _ in range(turns):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found.append(pool.apply(_do, (what, folder, package)))
    return min(seconds for seconds, _ in found), max(peak for _, peak in found)


def _do(what: str, folder: Path, package: Path) -> tuple[float, float]:
    floor = _peak(anew=True)
    start = time.process_time()
    if what == "build":
        building.build(folder, package, _RUNTIME, _ARCHITECTURE)
    else:
        validation.full(package, Question(_RUNTIME, _ARCHITECTURE))
    return time.process_time() - start, _peak() - floor


def _peak(*, anew: bool = False) -> float:
    """MB at the peak; where Linux can do that, counted anew from what is in use now."""
    here = Path("/proc/self")
    if here.exists():
        if anew:
            (here / "clear_refs").write_text("5")
        found = re.search(r"VmHWM:\s+(\d+) kB", (here / "status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _yardstick(package: Path) -> tuple[float, str]:
    """Seconds, and what took them."""
    pairs = list(_tools(package))
    total = sum(min(_timed(do) for _ in range(_TURNS)) for _, do in pairs)
    return total, " + ".join(name for name, _ in pairs)


def _tools(package: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    if shutil.which("unzip"):
        yield "unzip -t", lambda: _run("unzip", "-tqq", str(package))
    else:
        yield (
            "python -m zipfile -t (no unzip here)",
            lambda: _run(sys.executable, "-m", "zipfile", "-t", str(package)),
        )
    if shutil.which("sha256sum"):
        yield "sha256sum", lambda: _run("sha256sum", str(package))
    else:
        code = "import hashlib, sys; hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256')"
        yield (
            "hashlib (no sha256sum here)",
            lambda: _run(sys.executable, "-c", code, str(package)),
        )


def _beside_zip(folder: Path, target: Path) -> str:
    if not shutil.which("zip"):
        return "there is no zip here to set it beside."
    seconds = _timed(lambda: _run("zip", "-qr", str(target), ".", cwd=folder))
    return f"zip -qr of the same folder takes {seconds:.2f} s."


def _run(*command: str, cwd: Path | None = None) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=cwd)


def _timed(do: Callable[[], object]) -> float:
    """Seconds of CPU of the processes that it waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    do()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
