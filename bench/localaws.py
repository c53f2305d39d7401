"""
The embedded AWS under load: how many releases a minute of wall time, and what they cost in memory.

Each release is whole: a 5-minute canary and a 10-minute bake of a function of its own, IAM checks
on. Each row is a fresh process, so that none has warmed another. `python -m bench.localaws`
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from canary.localaws import LocalAws
from canary.localaws.sandbox import ROOT, Sandbox, archive_of

_CODE = ROOT / "examples" / "checkout"
_ROWS = ((1, 0), (10, 0), (100, 0), (1, 60), (10, 60))
_A_MINUTE = 120
_STARTUP_SECONDS = 3.0
_CONSTANT = 1.2
"""How much more a release may take among many than among few."""


@dataclass(frozen=True)
class Row:
    """What one process has measured."""

    releases: int
    calls_per_minute: int
    startup: float
    seconds: float
    kilobytes: float

    @property
    def per_minute(self) -> float:
        """Releases per minute of wall time, without what was made before them."""
        return self.releases * 60 / self.seconds


def main() -> None:
    """Print one table and the goals."""
    rows = [_in_a_process(releases, calls) for releases, calls in _ROWS]
    table = Table(title="Good releases at once in one process: 5 min canary, 10 min bake")
    headings = (
        "at once",
        "calls/min each",
        "releases/min",
        f"goal {_A_MINUTE}",
        "peak memory each",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            str(row.releases),
            str(row.calls_per_minute),
            f"{row.per_minute:.0f}",
            _said(row.per_minute >= _A_MINUTE),
            f"{row.kilobytes / 1024:.1f} MB",
        )
    console = Console()
    console.print(table)
    _, ten, hundred, *_ = rows
    growth = hundred.kilobytes / ten.kilobytes
    startup = rows[0].startup
    console.print(f"memory of a release, 100 : 10 at once = {growth:.2f} : 1", end="")
    console.print(f" (constant: {_said(growth <= _CONSTANT)})")
    console.print(f"start-up to the first release: {startup:.2f} s", end="")
    console.print(f" (goal {_STARTUP_SECONDS:.0f} s: {_said(startup <= _STARTUP_SECONDS)})")
    console.print(
        "Where missed: one interpreter runs all tasks, so the second core only serves the packages "
        "that are called; and each of a release's 200 AWS calls takes botocore's and moto's whole "
        "way, each user's call a round trip to a process."
    )


def _said(is_met: bool) -> str:
    return "met" if is_met else "missed"


def _in_a_process(releases: int, calls: int) -> Row:
    began = time.perf_counter()  # the same clock in all processes
    command = [sys.executable, "-m", __spec__.name, str(releases), str(calls), repr(began)]
    printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return Row(**json.loads(printed))


def measure(releases: int, calls: int, began: float) -> Row:
    """Carry out that many releases at once."""
    with LocalAws() as aws:
        sandbox = Sandbox(aws)
        stable, good = archive_of(_CODE / "stable"), archive_of(_CODE / "good")
        names = [f"checkout-{number}" for number in range(releases)]
        sandbox.add_function(names[0], stable)
        startup = time.perf_counter() - began
        for name in names[1:]:
            sandbox.add_function(name, stable)
        for name in names if calls else ():
            sandbox.traffic(name, calls).start()
        before, start = _kilobytes("VmRSS"), time.perf_counter()
        executions = [_start(sandbox, name, good) for name in names]
        for execution in executions:
            if (ended := sandbox.run(execution))["status"] != "SUCCEEDED":
                raise SystemExit(f"a release did not end well: {ended}")
        seconds = time.perf_counter() - start
        grown = _kilobytes("VmHWM") - before
    return Row(releases, calls, startup, seconds, grown / releases)


def _start(sandbox: Sandbox, name: str, package: bytes) -> str:
    place = sandbox.upload(package, f"incoming/{name}.zip")
    return sandbox.start(name, {"schema": 1, "function": name, "package": place})


def _kilobytes(field: str) -> int:
    """Of this process, from Linux."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


if __name__ == "__main__":
    if arguments := sys.argv[1:]:
        number, rate, moment = arguments
        print(json.dumps(asdict(measure(int(number), int(rate), float(moment)))))
    else:
        main()
