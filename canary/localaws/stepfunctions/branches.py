"""
The branches of Parallel states and the iterations of inline Map states, so that a redrive repeats
only those that did not come to their end.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded

from canary.localaws.stepfunctions.history import Entered, History

Key = tuple[int, int | None]
"""The states of a branch (each is one object for all executions), and the index of an iteration."""


@dataclass
class Run:
    """One run of a branch or iteration, and what it gave."""

    program: Program
    environment: Environment
    began: int  # the number of events in the history
    is_done: bool = False
    output: Any = None


class Branches:
    """The runs of one execution."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._runs: dict[Key, Run] = {}
        self._earlier: dict[Key, Run] = {}

    def resume(self, program: Program, last: Entered | None) -> None:
        """Begin a redrive at this state; without one, nothing before it counts."""
        found = dict(self._below(program, last)) if last else {}
        self._earlier, self._runs = found, {}

    def _below(self, program: Program, last: Entered) -> Iterator[tuple[Key, Run]]:
        """The runs that the state has begun, and what those that are not done have begun."""
        inner = {id(states) for states in _inner_states(program, last.name)}
        for key, run in self._runs.items():
            if key[0] in inner and run.began >= last.number:
                yield key, run
                entered = self._entered(run)
                if entered and not run.is_done:
                    yield from self._below(run.program, entered)

    def evaluate(self, program: Program, environment: Environment) -> None:
        """Run a branch or an iteration, or what an earlier run has left of it."""
        key = id(program.states), _index_of(environment)
        earlier = self._earlier.pop(key, None)
        run = self._runs[key] = Run(program, environment, len(self._history))
        environment.next_state_name = program.start_at.start_at_name
        if earlier and earlier.is_done:
            environment.states.reset(copy.deepcopy(earlier.output))
            environment.set_ended()
        elif earlier and (entered := self._entered(earlier)):
            environment.next_state_name = entered.name
            environment.states.reset(entered.input)
            self._history.resume(environment.event_history_context, entered)
        program._eval_body(environment)
        run.is_done = isinstance(environment.program_state(), ProgramEnded)
        run.output = environment.states.get_input()

    def _entered(self, run: Run) -> Entered | None:
        return self._history.entered_in(run.environment.event_history_context)


def _inner_states(program: Program, name: str) -> Iterator[Any]:
    """The states of each branch of a Parallel, or of the processor of a Map."""
    state: Any = program.states.states[name]
    if hasattr(state, "branches"):
        yield from (branch.states for branch in state.branches.programs)
    if hasattr(state, "iteration_component"):
        yield state.iteration_component._states


def _index_of(environment: Environment) -> int | None:
    """Which iteration of a Map it is."""
    context: Any = environment.states.context_object.context_object_data
    return int(context["Map"]["Item"]["Index"]) if "Map" in context else None
