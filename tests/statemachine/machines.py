"""The state machines as they are in the repository, and how to walk through them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

State = dict[str, Any]
Machine = dict[str, Any]

FOLDER = Path(__file__).parents[2] / "statemachine"
NAMES = ("release", "rollback")


def text(name: str) -> str:
    """The file, placeholders and all."""
    return (FOLDER / f"{name}.asl.json").read_text()


def load(name: str) -> Machine:
    """The definition; a key that is written twice is an error, not the last one's victory."""
    machine: Machine = json.loads(text(name), object_pairs_hook=_once)
    return machine


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"written twice among {names}"
    return dict(pairs)


def filled(name: str) -> Machine:
    """The definition with an ARN for every placeholder, as CloudFormation would make it."""
    arn = r"arn:aws:lambda:us-east-1:123456789012:function:\1"
    machine: Machine = json.loads(re.sub(r"\$\{(\w+)\}", arn, text(name)))
    return machine


def states(machine: Machine, kind: str) -> dict[str, State]:
    """All states of a type, by name."""
    return {name: each for name, each in machine["States"].items() if each["Type"] == kind}


def targets(state: State) -> Iterator[str]:
    """Every state that may come next, by whatever way."""
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (each["Next"] for each in (*state.get("Choices", ()), *state.get("Catch", ())))


def reachable(machine: Machine, start: str) -> set[str]:
    """All states that may run once `start` runs; itself too."""
    found: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += targets(machine["States"][name])
    return found
