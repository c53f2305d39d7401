"""cfn-lint's opinion of the machines, given as CloudFormation's: of SAM's it reads none."""

import json

from cfnlint.api import ManualArgs, lint

from tests.statemachine.machines import NAMES, Machine, filled


def _problems(definition: Machine) -> list[str]:
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/machine",
        "DefinitionString": json.dumps(definition),
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    template = json.dumps({"Resources": {"Machine": machine}})
    return [
        f"{match.rule.id} {match.message}"
        for match in lint(template, config=ManualArgs(regions=["us-east-1"]))
    ]


def test_the_definitions_are_valid_states_language() -> None:
    """E3601 and all other rules find nothing, once the placeholders are filled."""
    assert {name: _problems(filled(name)) for name in NAMES} == {"release": [], "rollback": []}


def test_an_invalid_definition_is_found() -> None:
    """The rule does look at the definition."""
    broken = filled("release")
    broken["States"]["RollBack"]["TimeoutSecond"] = 90
    (problem,) = _problems(broken)
    assert problem.startswith("E3601 ")
