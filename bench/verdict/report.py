"""The tables of the bench: for a terminal, and as Markdown for docs/verdict.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich import box
from rich.markup import escape
from rich.table import Table

from bench.verdict import cells
from bench.verdict.goals import GOALS, Finding, Goal, most
from bench.verdict.running import JUDGES, Results

HEADINGS = ("goal", "promise", "measured", "", *JUDGES[1:])


class Row(NamedTuple):
    """A goal and what was found."""

    goal: Goal
    finding: Finding

    def columns(self) -> list[str]:
        """In the order of the headings; a goal that is missed says why."""
        found = self.finding
        word = "reached" if found.reached else f"missed: {found.why}"
        beside = [found.beside.get(name, "-") for name in JUDGES[1:]]
        return [self.goal.key, self.goal.promise, found.measured, word, *beside]


def rows(results: Results, goals: Sequence[Goal] = GOALS) -> list[Row]:
    """Every goal whose cells were simulated."""
    return [Row(goal, goal.read(results)) for goal in goals]


def table(found: Iterable[Row]) -> Table:
    """The goals, for a terminal."""
    shown = Table(*HEADINGS, title="Goals of the verdict", box=box.SIMPLE_HEAD, show_lines=True)
    for row in found:
        key, promise, measured, word, *beside = map(escape, row.columns())
        colour = "green" if row.finding.reached else "bold red"
        shown.add_row(key, promise, measured, f"[{colour}]{word}[/]", *beside)
    return shown


def detection(results: Results) -> Table:
    """Median minutes to roll back in every cell, beside the limit."""
    shown = Table(*_DETECTION, title="Median minutes to roll back", box=box.SIMPLE_HEAD)
    for columns in _detection_rows(results):
        shown.add_row(*columns)
    return shown


def false_rollbacks(results: Results) -> Table:
    """How often each judge rolls back in every cell of canaries that are not worse in errors."""
    shown = Table("cell", *JUDGES, "of", title="Rolled back", box=box.SIMPLE_HEAD)
    groups = (cells.HEALTHY_CELLS, cells.HOUR_CELLS, cells.OUTAGE_CELLS, cells.BURST_CELLS)
    slight = (cells.SLIGHT_CELLS, cells.SMALL_CELLS, cells.OTHER_CELLS)
    for cell in (each for group in (*groups, *slight) for each in group):
        found = [results[cell][name] for name in JUDGES]
        shares = [f"{each.ever / each.trials:.2%}" for each in found]
        shown.add_row(str(cell), *shares, str(found[0].trials))
    return shown


def markdown(results: Results, found: Iterable[Row]) -> str:
    """All that docs/verdict.md shows of a run."""
    goals = _as_markdown(HEADINGS, [row.columns() for row in found])
    tenth = [row for row in _detection_rows(results) if row[0].endswith("10%")]
    other = _as_markdown(("canary", "rolled back within 10 min", "of"), _other_rows(results))
    return f"{goals}\n\n{_as_markdown(_DETECTION, tenth)}\n\n{other}"


_DETECTION = ("cell", "limit", "may take", *JUDGES)


def _detection_rows(results: Results) -> list[list[str]]:
    return [
        [
            str(cell),
            f"{cell.bound:.2f}" if cell.bound < 10 else f"{cell.bound:.1f}",
            str(most(cell)),
            *(
                "red anyhow" if cell.is_red_anyhow(name) else _minutes(results[cell][name].median)
                for name in JUDGES
            ),
        ]
        for cell in cells.DETECTED_CELLS
    ]


def _other_rows(results: Results) -> list[list[str]]:
    found = [(cell, results[cell]["verdict"]) for cell in cells.OTHER_CELLS]
    return [
        [str(cell), f"{tally.ever / tally.trials:.1%}", str(tally.trials)] for cell, tally in found
    ]


def _minutes(median: float) -> str:
    return "never" if math.isinf(median) else f"{median:g}"


def _as_markdown(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
