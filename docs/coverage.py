"""
COVERAGE.md: how the embedded AWS differs from AWS, operation by operation.

`python docs/coverage.py` writes it from the code (what is implemented, and what each service says
of itself in its `coverage.toml`) and from the tests (what they call); a test holds it there.
"""

from __future__ import annotations

import ast
import importlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name
from moto.core.utils import method_names_from_class

ROOT = Path(__file__).parents[1]

# The service, where it says how it differs, and the class that answers for it.
SERVICES = {
    "lambda": ("awslambda", "canary.localaws.awslambda.responses.LambdaResponse"),
    "codedeploy": ("codedeploy", "canary.localaws.codedeploy.responses.CodeDeployResponse"),
    "signer": ("signer", "canary.localaws.signer.responses.SignerResponse"),
    "stepfunctions": (
        "stepfunctions",
        "canary.localaws.stepfunctions.responses.LocalStepFunctionResponse",
    ),
    "cloudwatch": ("cloudwatch", "canary.localaws.cloudwatch.responses.CloudWatchResponse"),
    "events": ("events", "canary.localaws.events.responses.LocalEventsHandler"),
    "securityhub": (
        "securityhub",
        "canary.localaws.securityhub.responses.SecurityHubResponse",
    ),
    "cloudformation": ("stack", "moto.cloudformation.responses.CloudFormationResponse"),
}

_HEAD = """\
# How the embedded AWS differs from AWS

The embedded AWS ([`canary/localaws`](canary/localaws)) is moto plus what it lacks, in one process,
one account and one region, on a clock of its own. Of each operation this page says whether it does
*as on AWS* (and a test calls it), is *simplified* (and how), is *moto's* own and called by no test
here, or is *absent*: then the call ends with an error. `python docs/coverage.py` makes the page
from the code and the tests.
"""
_LOCAL_AWS = ROOT / "canary" / "localaws"


@dataclass(frozen=True)
class Coverage:
    """The operations of one service; `simplified` says how."""

    as_on_aws: list[str]
    simplified: dict[str, str]
    untested: list[str]
    absent: list[str]


def page() -> str:
    """COVERAGE.md, as the code and the tests are now."""
    parts = [_HEAD, *(_table(title, notes) for title, notes in _said(_LOCAL_AWS).items())]
    for service, (folder, answers) in SERVICES.items():
        said = _said(_LOCAL_AWS / folder)
        parts.append(_section(said, coverage_of(service, answers, said["simplified"])))
    return "\n".join(parts)


def _said(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "coverage.toml").read_text())


def coverage_of(service: str, answers: str, simplified: dict[str, str]) -> Coverage:
    """What there is of each operation in botocore's model; a KeyError for a claim about none."""
    module, _, name = answers.rpartition(".")
    methods = method_names_from_class(getattr(importlib.import_module(module), name))
    operations = botocore.session.get_session().get_service_model(service).operation_names
    there = [each for each in operations if xform_name(each) in methods]
    unknown = sorted(set(simplified) - set(there))
    if unknown:
        raise KeyError(f"{service} says how it simplifies {unknown}, but does not have it")
    rest = [each for each in there if each not in simplified]
    called = _called(service)
    return Coverage(
        as_on_aws=[each for each in rest if xform_name(each) in called],
        simplified=dict(sorted(simplified.items())),
        untested=[each for each in rest if xform_name(each) not in called],
        absent=[each for each in operations if each not in there],
    )


def _section(said: dict[str, Any], coverage: Coverage) -> str:
    how = coverage.simplified | {f"*{name}*": how for name, how in said["notes"].items()}
    lists = {"As on AWS": coverage.as_on_aws, "moto's": coverage.untested}
    lists |= {"Absent": coverage.absent}
    listed = [f"**{state}**: {', '.join(names)}\n" for state, names in lists.items() if names]
    return "\n".join([_table(said["title"], how), *listed])


def _table(title: str, rows: Mapping[str, str]) -> str:
    lines = [f"| {name} | {how} |" for name, how in rows.items()]
    return "\n".join([f"## {title}", "", "| what | how |", "| --- | --- |", *lines, ""])


@cache
def _called(service: str) -> frozenset[str]:
    """What is called in the test files that make a client of this service, or have one made."""
    trees = {path: ast.parse(path.read_text()) for path in (ROOT / "tests").rglob("*.py")}
    makers = {path for path, tree in trees.items() if service in _strings(tree)}
    users = {path for path, tree in trees.items() if makers & _imported(tree)}
    return frozenset(name for path in makers | users for name in _methods(trees[path]))


def _strings(tree: ast.AST) -> set[object]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def _imported(tree: ast.AST) -> set[Path]:
    """The modules of the tests that this one imports from."""
    return {
        ROOT / Path(*f"{node.module}{tail}".split(".")).with_suffix(".py")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("tests.")
        for tail in ("", *(f".{each.name}" for each in node.names))
    }


def _methods(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr


if __name__ == "__main__":
    (ROOT / "COVERAGE.md").write_text(page())
