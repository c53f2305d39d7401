"""
The opinions of cfn-lint, given the machines as CloudFormation's (of SAM's it reads none), and of
npm's asl-validator.
"""

import json
import subprocess
from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint

from tests.statemachine.machines import NAMES, Machine, filled

ASL_VALIDATOR = (
    Path(__file__).parents[2] / ".venv" / "npm" / "node_modules" / ".bin" / "asl-validator"
)


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


def _asl_validator(tmp_path: Path, definition: Machine) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "machine.asl.json"
    file.write_text(json.dumps(definition))
    command = [str(ASL_VALIDATOR), "--json-path", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not ASL_VALIDATOR.exists(), reason="asl-validator needs Node and npm")
def test_asl_validator_agrees(tmp_path: Path) -> None:
    """It passes both machines, and finds a state that leads nowhere."""
    for name in NAMES:
        done = _asl_validator(tmp_path, filled(name))
        assert done.returncode == 0, done.stdout + done.stderr
    broken = filled("release")
    broken["States"]["RollBack"]["Next"] = "Nowhere"
    assert _asl_validator(tmp_path, broken).returncode == 1
