"""
What CreateStateMachine refuses of a definition.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.parse.asl_parser import (
    AmazonStateLanguageParser,
    ASLParserException,
)

from canary.localaws.stepfunctions.errors import InvalidDefinition

_WITHOUT_NEXT = ("Choice", "Fail", "Succeed")


def check(definition: str) -> None:
    """Raise InvalidDefinition unless the machine can run here."""
    try:
        machine = json.loads(definition)
    except ValueError as error:
        raise InvalidDefinition([f"INVALID_JSON_DESCRIPTION: {error}"]) from None
    _refuse(list(_not_supported(machine, "")))
    program_of(definition)  # from here on everything has the right type
    _refuse(list(_problems(machine, "")))


def diagnostics(definition: str) -> list[dict[str, str]]:
    """As ValidateStateMachineDefinition gives them: one for each thing that is wrong."""
    try:
        check(definition)
    except InvalidDefinition as error:
        return [_diagnostic(problem) for problem in error.problems]
    return []


def _diagnostic(problem: str) -> dict[str, str]:
    code, _, rest = problem.partition(": ")
    if not code.isupper():
        code, rest = "SCHEMA_VALIDATION_FAILED", problem
    message, _, location = rest.partition(" at /")
    found = {"severity": "ERROR", "code": code, "message": message}
    return found | ({"location": f"/{location}"} if location else {})


@lru_cache(64)
def program_of(definition: str) -> Program:
    """
    The definition, ready to be interpreted. Parsing takes a tenth of a second, and nothing that
    happens in an execution is kept in the program: executions share it.
    """
    try:
        return cast(Program, AmazonStateLanguageParser.parse(definition)[0])
    except (ASLParserException, ValueError, TypeError, RuntimeError, KeyError) as error:
        raise InvalidDefinition([f"SCHEMA_VALIDATION_FAILED: {error}"]) from error


def _refuse(problems: list[str]) -> None:
    if problems:
        raise InvalidDefinition(problems)


def _problems(machine: Any, path: str) -> Iterator[str]:
    """What is wrong with the flow of a machine, or of a branch of one."""
    states = machine["States"]
    if machine["StartAt"] not in states:
        yield _missing("StartAt", machine["StartAt"], f"{path}/StartAt")
    reached = {machine["StartAt"]}
    for name, state in states.items():
        here = f"{path}/States/{name}"
        if state.get("Type") not in _WITHOUT_NEXT and not state.keys() & {"Next", "End"}:
            yield f'MISSING_TRANSITION_TARGET: State "{name}" needs Next or End at {here}'
        for field, target, where in _transitions(state, here):
            reached.add(target)
            if target not in states:
                yield _missing(field, target, where)
        for inner, where in _inner_machines(state, here):
            yield from _problems(inner, where)
    for name in states:
        if name not in reached:
            yield (
                f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. '
                f"at {path}/States/{name}"
            )


def _missing(field: str, target: str, where: str) -> str:
    return f"MISSING_TRANSITION_TARGET: Missing '{field}' target: {target} at {where}"


def _transitions(state: Mapping[str, Any], here: str) -> Iterator[tuple[str, str, str]]:
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field], f"{here}/{field}"
    for field in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(field, [])):
            if "Next" in rule:
                yield "Next", rule["Next"], f"{here}/{field}[{index}]/Next"


def _inner_machines(state: Mapping[str, Any], here: str) -> Iterator[tuple[Any, str]]:
    for index, branch in enumerate(state.get("Branches", [])):
        yield branch, f"{here}/Branches[{index}]"
    for field in ("Iterator", "ItemProcessor"):
        if field in state:
            yield state[field], f"{here}/{field}"


def _not_supported(value: Any, path: str) -> Iterator[str]:
    """moto's interpreter would fail at run time where AWS would not: better to say so at once."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _not_supported(inner, f"{path}[{index}]")
    if isinstance(value, dict):
        if value.get("QueryLanguage") == "JSONata":
            yield f"The embedded AWS runs JSONPath only at {path}/QueryLanguage"
        if isinstance(value.get("Type"), str) and "Assign" in value:
            yield f"The embedded AWS runs no variables at {path}/Assign"
        for name, inner in value.items():
            yield from _not_supported(inner, f"{path}/{name}")
