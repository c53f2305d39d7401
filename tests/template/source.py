"""`template.yaml` as it is written, and how to look things up in it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from canary.localaws.stack import template
from tests.statemachine import machines

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "template.yaml").read_text()
TEMPLATE: dict[str, Any] = template.load(TEXT)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]

Statement = dict[str, Any]


def of_type(*types: str) -> dict[str, dict[str, Any]]:
    """Properties of all resources of these types, by logical id, as in the template."""
    return {
        name: resource.get("Properties", {})
        for name, resource in RESOURCES.items()
        if resource["Type"] in types
    }


def functions() -> dict[str, dict[str, Any]]:
    """Properties of the functions, with what Globals give to all of them."""
    shared = TEMPLATE["Globals"]["Function"]
    return {name: shared | own for name, own in of_type("AWS::Serverless::Function").items()}


def variables(function: str) -> dict[str, Any]:
    """The environment variables of a function, its own and everybody's."""
    shared: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own: dict[str, Any] = RESOURCES[function]["Properties"].get("Environment", {})
    return {**shared, **own.get("Variables", {})}


def state_machines() -> dict[str, dict[str, Any]]:
    """Properties of the state machines."""
    return of_type("AWS::Serverless::StateMachine")


def tasks() -> list[str]:
    """The names of all Task states of both machines, as the pipeline comes to them."""
    each = (machines.states(machines.load(name), "Task") for name in machines.NAMES)
    return list(dict.fromkeys(task for machine in each for task in machine))


def pipeline() -> list[str]:
    """The words of all functions: the tasks, and what is called from outside the machines."""
    return [*tasks(), "Reconcile"]


def snake(name: str) -> str:
    """`SignPackage` as `sign_package`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def permissions() -> Iterator[tuple[str, Statement]]:
    """
    Every statement that grants something to a role, with the logical id it is written in; also what
    is granted under a condition of the template only.
    """
    for name, properties in of_type("AWS::IAM::Role", "AWS::IAM::ManagedPolicy").items():
        inline = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        managed = [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for document in inline + managed:
            for statement in document["Statement"]:
                yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def listed(value: Any) -> list[Any]:
    """IAM takes one or a list."""
    return value if isinstance(value, list) else [value]
