"""What the machines read is what the handlers return."""

import importlib
import inspect
import re
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from tests.statemachine.machines import Machine, State, states


def _returned_by(task: str) -> type[msgspec.Struct]:
    """The type that the handler of a Task returns."""
    module = importlib.import_module(re.sub(r"(?<!^)(?=[A-Z])", "_", task).lower())
    returned: type[msgspec.Struct] = get_type_hints(inspect.unwrap(module.handler))["return"]
    return returned


def _results(machine: Machine) -> dict[str, type[msgspec.Struct]]:
    """The type at each place of the state that a Task writes; the first one's are the state."""
    results = {}
    for name, task in states(machine, "Task").items():
        if task["ResultPath"] != "$":
            results[task["ResultPath"]] = _returned_by(name)
            continue
        for field in msgspec.structs.fields(_returned_by(name)):
            results[f"$.{field.encode_name}"], *_ = get_args(field.type) or (field.type,)
    return results


def _type_of(machine: Machine, path: str) -> Any:
    """The type of `$.result.field`; a path that no handler writes is an error."""
    place, _, name = path.rpartition(".")
    fields = {
        field.encode_name: field.type for field in msgspec.structs.fields(_results(machine)[place])
    }
    return fields[name]


def _read(state: State) -> list[str]:
    """Every path of the state that a state other than a Task reads."""
    paths = [state[key] for key in ("SecondsPath", "CausePath") if key in state]
    return paths + [each["Variable"] for each in state.get("Choices", ())]


def test_every_path_is_a_field_that_a_handler_returns(machine: Machine) -> None:
    """No Choice, Wait or Fail reads what nobody writes, which would fail the execution there."""
    for state in machine["States"].values():
        for path in _read(state):
            _type_of(machine, path)


def test_every_value_that_is_compared_can_be_returned(machine: Machine) -> None:
    """A Choice waits for no word that its handler never says."""
    for choice in states(machine, "Choice").values():
        for rule in choice["Choices"]:
            if "StringEquals" in rule:
                assert rule["StringEquals"] in _words(_type_of(machine, rule["Variable"])), rule


def _words(kind: Any) -> set[str]:
    """The strings of a Literal, or of a union of Literals."""
    return {
        word
        for each in get_args(kind)
        for word in ((each,) if isinstance(each, str) else _words(each))
    }


def test_every_outcome_has_an_end(release: Machine) -> None:
    """HowDidItEnd knows each outcome that a finished release can have; the rest is the worst."""
    choices = release["States"]["HowDidItEnd"]["Choices"]
    known = {rule["StringEquals"] for rule in choices}
    outcomes = _words(_type_of(release, "$.finished.outcome"))
    assert outcomes - known == {"in_progress", "rollback_failed", "nothing"}


def test_each_wait_is_a_number_of_seconds(machine: Machine) -> None:
    """Step Functions takes whole seconds."""
    for wait in states(machine, "Wait").values():
        assert _type_of(machine, wait["SecondsPath"]) is int


def test_a_path_that_nobody_writes_is_found(release: Machine) -> None:
    """This file's own look at the handlers' types tells a field from a slip."""
    with pytest.raises(KeyError):
        _type_of(release, "$.signing.waitSecond")
