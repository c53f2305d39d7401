"""A pytest plugin: a run ends by saying which seed it had, what was skipped, and why."""

from collections import Counter

import pytest


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write below everything else; workers of pytest-xdist have no terminal and write nothing."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return
    if (seed := config.getoption("randomly_seed", None)) is not None:
        terminal.write_line(f"seed: {seed} (the same order again: pytest --randomly-seed={seed})")
    terminal.write_line(_skipped(terminal.stats.get("skipped", [])))


def _skipped(reports: list[pytest.TestReport]) -> str:
    reasons = Counter(_reason(report) for report in reports)
    if not reasons:
        return "skipped: 0"
    told = "; ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
    return f"skipped: {reasons.total()} ({told})"


def _reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    said = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
    return said.removeprefix("Skipped: ")
