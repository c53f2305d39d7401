"""Runs cells on all cores, and counts what each judge did."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeAlias

from bench.verdict.cells import REQUEST_CELLS, Cell
from bench.verdict.peeking import PeekedTest
from canary.simulation import traffic
from canary.simulation.judges import (
    COMMON_ALARM,
    SAM_ALARM,
    Act,
    Judge,
    Promotion,
    StaticAlarm,
    Verdict,
    watch,
)
from canary.simulation.sampling import geometric
from release import evalues
from release.statistics import Counts, Minute, Rules

JUDGES = ("verdict", "common alarm", "SAM's alarm", "z-test")
_CHUNK = 50
_HISTORY_MINUTES = 120

Make: TypeAlias = Callable[[Rules], Judge]


@dataclass
class Tally:
    """What one judge did in one cell: how often it acted in which minute, and failed calls."""

    acted: Counter[int | None] = field(default_factory=Counter)
    failed: int = 0

    def add(self, act: Act) -> None:
        """Count one canary."""
        self.acted[act.minute] += 1
        self.failed += act.failed

    @property
    def trials(self) -> int:
        """How many canaries were simulated."""
        return self.acted.total()

    def by(self, minute: float) -> int:
        """In how many of them it had acted by the end of this minute."""
        return sum(count for at, count in self.acted.items() if at is not None and at <= minute)

    @property
    def ever(self) -> int:
        """In how many it acted at all."""
        return self.trials - self.acted[None]

    @property
    def median(self) -> float:
        """The minute by which it had acted in half of them; infinite where it had not."""
        minutes = sorted(at for at in self.acted if at is not None)
        return next((at for at in minutes if 2 * self.by(at) >= self.trials), float("inf"))

    @property
    def mean(self) -> float:
        """Of the minutes in which it acted."""
        done = [(at, count) for at, count in self.acted.items() if at is not None]
        return sum(at * count for at, count in done) / max(1, self.ever)


Results: TypeAlias = Mapping[Cell, Mapping[str, Tally]]
_Task: TypeAlias = tuple[Cell, str, int, Make]
_Done: TypeAlias = tuple[Cell, list[list[Act]]]


def run(
    cells: Iterable[Cell],
    counts: Mapping[str, int],
    seed: int,
    verdict: Make = Verdict,
    processes: int = 1,
    told: Callable[[int], object] = abs,
) -> Results:
    """All cells, so often as `counts` says; `told` hears how many canaries are done."""
    wanted = list(dict.fromkeys(cells))
    results = {cell: {name: Tally() for name in JUDGES} for cell in wanted}
    tasks = list(_tasks(wanted, counts, seed, verdict))
    with _mapped(processes) as mapped:
        for cell, trials in mapped(_simulate, tasks):
            for acts in trials:
                for name, act in zip(JUDGES, acts, strict=False):
                    results[cell][name].add(act)
            told(len(trials))
    return results


@contextmanager
def _mapped(processes: int) -> Iterator[Callable[..., Iterable[_Done]]]:
    if processes == 1:
        yield map
    else:
        with multiprocessing.Pool(processes) as pool:
            yield pool.imap_unordered


def _tasks(
    cells: Sequence[Cell], counts: Mapping[str, int], seed: int, verdict: Make
) -> Iterator[_Task]:
    for number, cell in enumerate(cells):
        for begin in range(0, counts[cell.counted], _CHUNK):
            size = min(_CHUNK, counts[cell.counted] - begin)
            yield cell, f"{seed}/{number}/{begin}", size, verdict


def _simulate(task: _Task) -> _Done:
    cell, seed, size, verdict = task
    random = Random(seed)
    if cell in REQUEST_CELLS:
        return cell, [[_by_request(random, cell, verdict(cell.rules))] for _ in range(size)]
    return cell, [_canary(random, cell, verdict) for _ in range(size)]


def _canary(random: Random, cell: Cell, verdict: Make) -> list[Act]:
    """One canary before all judges. The burst divisor is frozen from two hours of history."""
    history = traffic.errors_before(random, cell.traffic, _HISTORY_MINUTES)
    rules = replace(cell.rules, burst=evalues.burst_divisor(history))
    judges: list[Judge] = [Promotion(rules)] if cell.promotes else _judges(rules, verdict)
    return watch(traffic.minutes(random, cell.traffic, cell.change, cell.shares), judges)


def _judges(rules: Rules, verdict: Make) -> list[Judge]:
    return [verdict(rules), StaticAlarm(COMMON_ALARM), StaticAlarm(SAM_ALARM), PeekedTest()]


def _by_request(random: Random, cell: Cell, judge: Judge) -> Act:
    """
    Call by call, at a known split: how many calls of the alias until it acts.

    Calls that do not fail say nothing then (margin 0), and of those that fail only whose they are:
    so every failed call is a minute of its own, at that split.
    """
    share, base = cell.shares[0], cell.traffic.error_rate
    canary, stable = share * cell.change.error_rate(base), (1 - share) * base
    split = round(1 / share) - 1
    calls = failed = 0
    while True:
        calls += geometric(random, 1 / (canary + stable))
        ours = random.random() < canary / (canary + stable)
        failed += ours
        if judge.sees(Minute(0, Counts(1, int(ours)), Counts(split, int(not ours)))):
            return Act(calls, failed)
