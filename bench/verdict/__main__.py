"""`python -m bench.verdict`: simulate all cells, print every goal beside what was measured."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.verdict import cells, charts, report, running
from bench.verdict.cells import Cell
from bench.verdict.goals import GOALS
from bench.verdict.running import Results

_DOCS = Path(__file__).parents[2] / "docs"
_MARKED = re.compile(r"(<!-- results -->\n).*?(<!-- /results -->)", re.S)
_WIDTH = 160
_FULL = {"healthy": 20_000, "bad": 3_000}


@click.command()
@click.option("--healthy", default=4000, envvar="HEALTHY", help="Healthy canaries in each cell.")
@click.option("--bad", default=1000, envvar="BAD", help="Bad canaries in each cell.")
@click.option("--full", is_flag=True, envvar="FULL", help="20,000 and 3,000 of them.")
@click.option("--seed", default=1, envvar="SEED", help="Another seed, other canaries.")
@click.option("--write-docs", is_flag=True, help="Put tables and plots into docs/.")
def main(healthy: int, bad: int, full: bool, seed: int, write_docs: bool) -> None:
    """Print every goal, the detection times and the false rollbacks."""
    counts = _FULL if full else {"healthy": healthy, "bad": bad}
    command = f"make bench-verdict HEALTHY={counts['healthy']} BAD={counts['bad']} SEED={seed}"
    console = Console()
    console.width = max(console.width, _WIDTH)
    console.print(f"[bold]{command}[/]", soft_wrap=True)
    begin = time.time()
    results = _simulate(console, counts, seed)
    found = report.rows(results)
    for table in (report.detection(results), report.false_rollbacks(results), report.table(found)):
        console.print(table)
    took = f"`{command}`, {time.strftime('%Y-%m-%d')}, {(time.time() - begin) / 60:.0f} min"
    console.print(took)
    if write_docs:
        charts.save(results, _DOCS)
        file = _DOCS / "verdict.md"
        shown = f"{took}\n\n{report.markdown(results, found)}\n"
        file.write_text(_MARKED.sub(lambda marks: f"{marks[1]}{shown}{marks[2]}", file.read_text()))


def _simulate(console: Console, counts: dict[str, int], seed: int) -> Results:
    wanted = _cells()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        total = sum(counts[cell.counted] for cell in wanted)
        task = progress.add_task("canaries", total=total)
        return running.run(
            wanted,
            counts,
            seed,
            processes=os.cpu_count() or 1,
            told=lambda done: progress.advance(task, done),
        )


def _cells() -> list[Cell]:
    every = [cell for goal in GOALS for cell in goal.cells]
    return list(dict.fromkeys([*every, *cells.OTHER_CELLS]))


if __name__ == "__main__":
    main()
