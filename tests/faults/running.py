"""Runs of cases: each in a fork of a process in which the world has been prepared."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, get_context
from typing import Any, TypeVar

from tests.faults import kinds, scenarios
from tests.faults.cases import Case, Place, Recording
from tests.faults.kinds import KINDS
from tests.pipeline.invariants import INVARIANTS
from tests.pipeline.story import Story
from tests.pipeline.watch import Rule, Site

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Run:
    """What a case gave: the invariants that were violated, and how many of its faults struck."""

    violations: tuple[str, ...]
    struck: int


def record(story: Story, scenario: str) -> Recording:
    """The points of a scenario without faults, after which all invariants must hold."""
    before = len(story.watch.sites)
    violations = _violations(story, Case(scenario))
    if violations:
        raise SystemExit(f"{scenario} without faults: {violations}")
    return Recording.of(story.watch.sites[before:])


def run(story: Story, case: Case) -> Run:
    """Tell the scenario with its faults, and look at every invariant."""
    rules = [_rule(story, place) for place in case.places]
    story.watch.rules += rules
    story.has_lost_answers = any(map(_may_be_told_again, case.places))
    return Run(tuple(_violations(story, case)), sum(not rule.left for rule in rules))


def in_forks(
    action: Callable[[Work], Result], work: Iterable[Work], processes: int
) -> Iterator[tuple[Work, Result]]:
    """Each piece of work in a fork of this process, so many at once; results as they come."""
    fork = get_context("fork")
    left = iter(work)
    going: dict[Any, tuple[Work, Any]] = {}
    gc.collect()
    gc.freeze()  # what collects garbage writes into pages that are shared
    while True:
        while len(going) < processes and (piece := next(left, None)) is not None:
            reader, writer = fork.Pipe(duplex=False)
            process = fork.Process(target=_send, args=(writer, partial(action, piece)))
            process.start()
            writer.close()
            going[reader] = piece, process
        if not going:
            return
        ready: list[Any] = connection.wait(list(going))
        for reader in ready:
            piece, process = going.pop(reader)
            result = reader.recv()
            process.join()
            yield piece, result


def _send(writer: Any, action: Callable[[], object]) -> None:
    writer.send(action())


def _may_be_told_again(place: Place) -> bool:
    """Whether what was done may not be known to be done."""
    is_note = place.point.what == "UpdateItem:notified"
    return is_note or KINDS[place.kind].loses_answers


def _rule(story: Story, place: Place) -> Rule:
    def strike(site: Site) -> Any:
        return KINDS[place.kind].strike(story, site)

    return Rule(lambda site: site.point == place.point, strike, skip=place.skip)


def _violations(story: Story, case: Case) -> list[str]:
    try:
        kinds.at_start(story)
        scenarios.SCENARIOS[case.scenario](story)
        scenarios.settle(story)
    except Exception:
        return [f"the story broke off: {traceback.format_exc(limit=-4)}"]
    return [found for invariant in INVARIANTS if (found := _violation(story, invariant))]


def _violation(story: Story, invariant: Callable[[Story], None]) -> str:
    try:
        invariant(story)
    except Exception as error:
        return f"{invariant.__name__}: {type(error).__name__}: {error}"
    return ""
