"""One word for module, state, logical id and substitution; one role for each function."""

import ast
import re
import sys

import msgspec
import pytest

from release import probing
from release.environment import Environment
from tests.statemachine import machines
from tests.template.source import (
    ROOT,
    TEMPLATE,
    functions,
    of_type,
    pipeline,
    snake,
    state_machines,
    variables,
)

SLOW = {"ImportFindingsFunction", "ProbeVersionFunction"}
MODULES = sorted(path.stem for path in (ROOT / "functions").glob("*.py"))


def test_module_state_and_function_correspond() -> None:
    """Listing functions/ is reading the pipeline: no handler without its state, nor the reverse."""
    assert sorted(snake(word) for word in pipeline()) == MODULES
    handlers = {name: function["Handler"] for name, function in functions().items()}
    assert handlers == {f"{word}Function": f"{snake(word)}.handler" for word in pipeline()}


def test_all_functions_run_on_the_same() -> None:
    """Python 3.13 on one processor, from the one folder that ships; none has it its own way."""
    alike = {
        "Runtime": "python3.13",
        "Architectures": [{"Ref": "Architecture"}],
        "CodeUri": "functions/",
    }
    shared = TEMPLATE["Globals"]["Function"]
    assert shared.items() >= alike.items()
    assert shared["Tracing"] == "Active"
    for name, own in of_type("AWS::Serverless::Function").items():
        assert own.keys() & (alike.keys() | {"Tracing", "LoggingConfig"}) == set(), name
        assert "Timeout" not in own or name in SLOW, name


def test_a_function_ends_before_its_task_gives_up() -> None:
    """Or the Task would try again while the first try still runs."""
    for name in machines.NAMES:
        for task, state in machines.states(machines.load(name), "Task").items():
            assert state["TimeoutSeconds"] > functions()[f"{task}Function"]["Timeout"], task


def test_probing_ends_before_its_function_is_cut_off() -> None:
    """Its clients may wait 3 s for each of ten connections, and the lock takes some, too."""
    assert functions()["ProbeVersionFunction"]["Timeout"] >= probing.BUDGET_SECONDS + 60


def test_every_function_has_a_role_of_its_own() -> None:
    """No function can do what another needs."""
    roles = {name: function["Role"] for name, function in functions().items()}
    assert roles == {
        f"{word}Function": {"Fn::GetAtt": [f"{word}Role", "Arn"]} for word in pipeline()
    }


@pytest.mark.parametrize("name", machines.NAMES)
def test_every_placeholder_is_supplied_and_every_substitution_used(name: str) -> None:
    """A name means the same function in the machine and in the template."""
    machine = state_machines()[f"{name.title()}StateMachine"]
    placeholders = set(re.findall(r"\$\{(\w+)\}", machines.text(name)))
    assert machine["DefinitionUri"] == f"statemachine/{name}.asl.json"
    assert machine["DefinitionSubstitutions"] == {
        placeholder: {"Fn::GetAtt": [placeholder.removesuffix("Arn"), "Arn"]}
        for placeholder in placeholders
    }


@pytest.mark.parametrize("function", functions())
def test_every_variable_is_read(function: str) -> None:
    """The template and the typed environment agree; what has no default is always given."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(Environment)}
    given = {name for name in variables(function) if not name.startswith("POWERTOOLS_")}
    assert given <= fields.keys()
    assert {name for name, field in fields.items() if field.required} <= given


def test_every_field_of_the_environment_is_given_to_someone() -> None:
    """Nothing is read that the template never tells."""
    given = {name for function in functions() for name in variables(function)}
    fields = {field.encode_name for field in msgspec.structs.fields(Environment)}
    assert fields - given == set()


@pytest.mark.parametrize("module", MODULES)
def test_a_handler_is_small_and_imports_only_release(module: str) -> None:
    """A handler parses, makes one call into `release`, and returns."""
    text = (ROOT / "functions" / f"{module}.py").read_text()
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert imported - sys.stdlib_module_names == {"release"}
    assert len(text.splitlines()) <= 60
