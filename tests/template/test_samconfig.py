"""samconfig.toml and the template agree, and it names no account, region or secret."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from samcli.commands.deploy.command import cli

from canary.localaws.server import profile
from tests.template.source import ROOT, TEMPLATE

SAM = Path(sys.executable).with_name("sam")
TEXT = (ROOT / "samconfig.toml").read_text()
CONFIG = tomllib.loads(TEXT)
ENVIRONMENTS = ["default", "staging", "production"]
PREDEFINED = re.compile(
    r"CodeDeployDefault\.Lambda(AllAtOnce|Canary10Percent(5|10|15|30)Minutes"
    r"|Linear10PercentEvery(1|2|3|10)Minutes?)"
)


def _deploy(environment: str) -> dict[str, Any]:
    parameters: dict[str, Any] = CONFIG[environment]["deploy"]["parameters"]
    return parameters


def _overrides(environment: str) -> dict[str, str]:
    given = _deploy(environment).get("parameter_overrides", [])
    return dict(each.split("=", 1) for each in given)


def test_there_are_three_environments() -> None:
    """One to try, one to rehearse, one that serves."""
    assert [name for name in CONFIG if name != "version"] == ENVIRONMENTS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_sam_deploy_needs_to_ask_for_nothing(environment: str) -> None:
    """The same stack name everywhere, and the one capability that unnamed roles need."""
    parameters = _deploy(environment)
    assert parameters.keys() <= {parameter.name for parameter in cli.params}
    assert parameters["stack_name"] == "lambda-canary"
    assert parameters["capabilities"] == "CAPABILITY_IAM"
    assert parameters["resolve_s3"] is True
    named = [each for each in TEMPLATE["Resources"].values() if "RoleName" in each["Properties"]]
    assert named == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_overrides_are_parameters_of_the_template(environment: str) -> None:
    """Each names a parameter and says something that it allows."""
    for name, value in _overrides(environment).items():
        parameter = TEMPLATE["Parameters"][name]
        assert value in map(str, parameter.get("AllowedValues", [value]))
        if parameter["Type"] == "Number":
            assert parameter["MinValue"] <= int(value) <= parameter["MaxValue"]
        if name == "DeploymentConfig":
            assert PREDEFINED.fullmatch(value)


def test_production_is_the_most_careful() -> None:
    """It bakes at least as long as staging does, and its canary is no shorter."""
    staging, production = _overrides("staging"), _overrides("production")
    minutes = [
        [int(number) for number in re.findall(r"(\d+)Minutes", each["DeploymentConfig"])]
        for each in (staging, production)
    ]
    assert minutes[0] < minutes[1]
    assert int(staging["BakeMinutes"]) < int(production["BakeMinutes"])


def test_every_environment_takes_the_same_build() -> None:
    """The packages hold compiled code: what was built for one environment runs in another."""
    assert [name for name in ENVIRONMENTS if "build" in CONFIG[name]] == []
    assert [name for name in ENVIRONMENTS if "Architecture" in _overrides(name)] == []


def test_staging_and_production_are_complete() -> None:
    """How careful each is stands here, not in what somebody types."""
    assert _overrides("staging") == {
        "DeploymentConfig": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "BakeMinutes": "5",
    }
    assert _overrides("production") == {
        "DeploymentConfig": "CodeDeployDefault.LambdaCanary10Percent10Minutes",
        "BakeMinutes": "10",
    }


def test_only_the_default_has_a_profile() -> None:
    """That of the embedded AWS, so that a bare command does not reach a real account."""
    profiles = {
        (environment, verb): settings["parameters"].get("profile")
        for environment in ENVIRONMENTS
        for verb, settings in CONFIG[environment].items()
    }
    assert {used for (name, _), used in profiles.items() if name == "default"} == {profile.NAME}
    assert {used for (name, _), used in profiles.items() if name != "default"} == {None}


def test_a_bare_deploy_reaches_nobody(tmp_path: Path) -> None:
    """Without the embedded AWS's configuration sam stops, whatever else is configured."""
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id=a\naws_secret_access_key=b\n"
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AWS_")
    } | {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_SECRET_ACCESS_KEY": "real",  # pragma: allowlist secret
        "SAM_CLI_TELEMETRY": "0",
    }
    answer = subprocess.run(
        [SAM, "deploy"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode != 0
    assert f"The config profile ({profile.NAME}) could not be found" in answer.stderr


def test_it_names_no_account_region_or_secret() -> None:
    """Where it goes is the business of the credentials."""
    assert not re.search(r"\d{12}|arn:|\b[a-z]{2}-[a-z]+-\d\b", TEXT)
    for environment in ENVIRONMENTS:
        assert _deploy(environment).keys() & {"region", "role_arn", "s3_bucket"} == set()
