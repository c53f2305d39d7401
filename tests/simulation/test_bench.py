"""The bench of the verdict: its table tells hit and miss."""

from __future__ import annotations

import re

import pytest
from rich.console import Console

from bench.verdict import cells, cost, report, running
from bench.verdict.goals import GOALS, upper
from bench.verdict.peeking import PeekedTest
from canary.simulation.judges import Verdict
from release.statistics import Counts, Minute, Rules

TINY = {"healthy": 6, "bad": 6}
BY_KEY = {goal.key: goal for goal in GOALS}


class AlwaysRollsBack:
    """No verdict at all."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def sees(self, minute: Minute) -> bool:
        """As soon as there is a canary."""
        return minute.start >= 0


class NeverRollsBack(AlwaysRollsBack):
    """The other one."""

    def sees(self, minute: Minute) -> bool:
        """Only what comes after the end of time."""
        return minute.start > 10**12


def words(verdict: running.Make, *keys: str) -> dict[str, str]:
    """The table's word for each of these goals."""
    goals = [BY_KEY[key] for key in keys]
    results = running.run([cell for goal in goals for cell in goal.cells], TINY, 1, verdict)
    rows = report.rows(results, goals)
    return {row.goal.key: row.columns()[3] for row in rows}


def test_a_judge_that_always_rolls_back_misses() -> None:
    """False rollbacks are told with their cells; finding what is broken is no excuse."""
    found = words(AlwaysRollsBack, "G3", "G5", "G6")
    assert found["G3"].startswith("missed: more often in 1/s, 0.1%, outage, 10%")
    assert found["G5"].startswith("missed: ")
    assert found["G6"] == "reached"


def test_a_judge_that_never_rolls_back_misses() -> None:
    """The other way round."""
    found = words(NeverRollsBack, "G3", "G6")
    assert found["G3"] == "reached"
    assert found["G6"].startswith("missed: ")


def test_the_verdict_is_measured_by_the_same_run() -> None:
    """With counts this small all that a bench can see is a gross mistake; alarms make one."""
    found = report.rows(running.run(BY_KEY["G3"].cells, TINY, 1, Verdict), [BY_KEY["G3"]])
    (row,) = found
    assert row.finding.reached
    assert row.finding.measured.startswith("worst 0.00% (0 of 6, at most ")
    assert row.finding.beside["common alarm"].startswith("worst 100%")


def test_the_terminal_shows_hit_and_miss() -> None:
    """The table itself, and its Markdown."""
    goals = [BY_KEY["G3"]]
    console = Console(width=300)
    for verdict, word in ((Verdict, "reached"), (AlwaysRollsBack, "missed")):
        results = running.run(BY_KEY["G3"].cells, TINY, 1, verdict)
        with console.capture() as captured:
            console.print(report.table(report.rows(results, goals)))
        assert re.search(rf"G3 .* {word}", captured.get())


def test_all_cores_see_the_same_canaries() -> None:
    """A seed says which, however they are shared out."""
    of = cells.BROKEN_CELLS[:3]
    one, two = (running.run(of, {"bad": 60}, 7, processes=number) for number in (1, 2))
    assert one == two
    assert one != running.run(of, {"bad": 60}, 8)


def test_call_by_call_is_near_the_limit() -> None:
    """Goal G9 by few runs: between the limit and twice as many calls."""
    cell = cells.REQUEST_CELLS[2]
    tally = running.run([cell], {"healthy": 60}, 1)[cell]["verdict"]
    assert 1 < tally.mean / cells.fewest_calls(cell) < 2


def test_a_peeked_test_is_quick_to_condemn() -> None:
    """Significant at 2.5 %, on sums over all minutes; not while one side has no calls."""
    test = PeekedTest()
    assert not test.sees(Minute(-60, Counts(100, 100), Counts(100, 0)))
    assert not test.sees(Minute(0, Counts(100, 1), Counts()))
    assert not test.sees(Minute(60, Counts(), Counts(900, 9)))
    assert test.sees(Minute(120, Counts(100, 4), Counts(900, 6)))


def test_an_upper_end_says_what_counts_can_support() -> None:
    """Wilson's interval, by hand: none of 100 is still up to 3.7 %."""
    assert upper(0, 100) == pytest.approx(0.0370, abs=0.0001)
    assert upper(50, 100) == pytest.approx(0.5962, abs=0.0005)


def test_cost_is_told_with_its_parts() -> None:
    """Lines, imports and milliseconds."""
    assert "imports beyond the standard library: 0" in cost.read({}).measured


def test_alarms_that_are_red_anyhow_are_not_praised() -> None:
    """Six errors in five minutes are usual at 1000 calls a second, not at one."""
    busy, quiet = cells.HOUR_CELLS[-1], cells.HOUR_CELLS[0]
    assert busy.is_red_anyhow("common alarm")
    assert busy.is_red_anyhow("SAM's alarm")
    assert not busy.is_red_anyhow("verdict")
    assert not quiet.is_red_anyhow("common alarm")
