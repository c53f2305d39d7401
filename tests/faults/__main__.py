"""
Every fault at every point of every scenario, then pairs of faults; what it finds, one command
replays:

    python -m tests.faults                                  all, as `make faults` does
    python -m tests.faults --sample 100 --pairs 50          a seeded part of them
    python -m tests.faults bad lost-after@RollBack/UpdateAlias/1
    python -m tests.faults --broken                         each rule broken: it must be seen
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from functools import partial
from random import Random

from canary.localaws import LocalAws
from tests.faults import broken, cases, running, scenarios
from tests.faults.cases import Case, Recording
from tests.faults.running import Run
from tests.pipeline.story import Story

_PAIRS = 2000
_PROGRESS = 200


def main() -> None:
    """Exit code 1 if an invariant was violated."""
    asked = _arguments()
    with LocalAws() as aws:
        story = Story(aws)
        scenarios.prepare(story)
        if asked.broken:
            _break_rules(story, asked.processes)
        elif asked.case:
            _replay(story, Case.parse(asked.case))
        else:
            _campaign(story, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("case", nargs="*", help="a scenario and its faults, to replay them")
    parser.add_argument("--broken", action="store_true", help="break the protocol's rules")
    parser.add_argument("--sample", type=int, help="so many single faults only")
    parser.add_argument("--pairs", type=int, default=_PAIRS, help="so many pairs of faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _replay(story: Story, case: Case) -> None:
    before = {each.exec_arn for each in scenarios.executions(story)}
    found = running.run(story, case)
    print(f"{case}: {found.struck} of {len(case.places)} faults struck")
    for execution in scenarios.executions(story):
        if execution.exec_arn not in before:
            print(f"  {execution.name}: {' '.join(execution.history.entered())}")
            print(
                f"  {execution.exec_status.value} {execution.error or ''} {execution.cause or ''}"
            )
    for violation in found.violations:
        print(f"  violated: {violation}")
    raise SystemExit(bool(found.violations))


def _break_rules(story: Story, processes: int) -> None:
    """Exit code 1 if a broken rule was not seen."""
    unseen = 0
    for name, found in running.in_forks(partial(broken.run, story), broken.RULES, processes):
        rule = broken.RULES[name]
        is_seen = any(each.startswith(rule.seen_by) for each in found.violations)
        unseen += not is_seen
        print(f"{name}: {'seen' if is_seen else 'NOT SEEN'} ({rule.case}) {found.violations}")
    print(f"{len(broken.RULES)} rules broken, {unseen} not seen")
    raise SystemExit(bool(unseen))


def _campaign(story: Story, asked: argparse.Namespace) -> None:
    recordings: dict[str, Recording] = dict(
        running.in_forks(partial(running.record, story), scenarios.SCENARIOS, asked.processes)
    )
    random = Random(asked.seed)
    single = list(cases.singles(recordings))
    points = {point for each in recordings.values() for point in each.kinds}
    if asked.sample is not None:
        single = random.sample(single, asked.sample)
    double = list(cases.pairs(recordings, asked.pairs, random))
    print(f"{len(points)} points in {len(recordings)} scenarios: {len(single)} faults, ", end="")
    print(f"{len(double)} pairs, seed {asked.seed}")
    found = dict(_told(story, [*single, *double], asked.processes))
    violated = {case: each for case, each in found.items() if each.violations}
    missed = sum(not found[case].struck for case in single)
    print(f"{len(points)} points, {len(single)} faults, {len(double)} pairs: ", end="")
    print(f"{len(violated)} violations ({missed} faults never came to strike)")
    raise SystemExit(bool(violated or missed))


def _told(story: Story, work: list[Case], processes: int) -> list[tuple[Case, Run]]:
    """Run them all, and print what goes wrong at once."""
    results: list[tuple[Case, Run]] = []
    for case, found in running.in_forks(partial(running.run, story), work, processes):
        results.append((case, found))
        for violation in found.violations:
            print(f"VIOLATED {violation}\n  python -m tests.faults {case}", flush=True)
        if len(results) % _PROGRESS == 0:
            wrong = Counter(bool(each.violations) for _, each in results)[True]
            print(f"{len(results)} of {len(work)} runs, {wrong} violated", flush=True)
    return results


if __name__ == "__main__":
    main()
