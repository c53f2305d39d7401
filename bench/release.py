"""
What a release costs on the embedded AWS: wall time, state transitions, AWS calls.

A good release with a 5-minute canary and a 10-minute bake under 60 calls a minute, the first one
in a process and warm ones. The floor beside it is the same traffic without any release.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from canary.localaws import LocalAws, stepfunctions
from canary.localaws.sandbox import ROOT, Sandbox, archive_of

_CODE = ROOT / "examples" / "checkout"
_MINUTES = 16
_WARM_RUNS = 5
Result = TypeVar("Result")


def main() -> None:
    """Print one table."""
    first = _release()
    warm = sorted(_release() for _ in range(_WARM_RUNS))[_WARM_RUNS // 2]
    floor = sorted(_traffic_alone() for _ in range(_WARM_RUNS))[_WARM_RUNS // 2]
    table = Table(title=f"A good release: 5 min canary, 10 min bake (median of {_WARM_RUNS})")
    for heading in ("", "set-up", "release", "transitions"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, (seconds, setup, transitions) in (("first", first), ("warm", warm)):
        table.add_row(name, f"{setup:.2f} s", f"{seconds:.2f} s", str(transitions))
    table.add_row("traffic alone, warm", f"{floor[1]:.2f} s", f"{floor[0]:.2f} s", "0")
    console = Console()
    console.print(table)
    console.print(f"warm release : traffic alone = {warm[0] / floor[0]:.1f} : 1")


def _release() -> tuple[float, float, int]:
    """Seconds of wall time, seconds of set-up, state transitions."""
    with LocalAws() as aws:
        sandbox, setup = _timed(lambda: _prepared(aws))
        package = sandbox.upload(archive_of(_CODE / "good"), "incoming/good.zip")
        request = {"schema": 1, "function": "checkout", "package": package}
        execution = sandbox.start("good", request)
        ended, seconds = _timed(lambda: sandbox.run(execution))
        if ended["status"] != "SUCCEEDED":
            raise SystemExit(f"the release did not end well: {ended}")
        return seconds, setup, len(stepfunctions.find_execution(execution).history.entered())


def _traffic_alone() -> tuple[float, float]:
    with LocalAws() as aws:
        _, setup = _timed(lambda: _prepared(aws))
        _, seconds = _timed(lambda: aws.clock.advance(_MINUTES * 60))
        return seconds, setup


def _prepared(aws: LocalAws) -> Sandbox:
    sandbox = Sandbox(aws)
    sandbox.add_function("checkout", archive_of(_CODE / "stable"))
    sandbox.traffic("checkout", 60).start()
    return sandbox


def _timed(what: Callable[[], Result]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = what()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    main()
