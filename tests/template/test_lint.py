"""What AWS's own tools think of the template."""

import json

import pytest
import yaml
from cfnlint.api import ManualArgs, lint
from samcli.yamlhelper import yaml_dump, yaml_parse

from canary.localaws.stack import template
from tests.template.source import TEMPLATE, TEXT


def _problems(text: str) -> list[str]:
    found = lint(text, config=ManualArgs(regions=["us-east-1"]))
    return [f"{match.rule.id} {match.message}" for match in found]


@pytest.fixture(scope="module")
def translated() -> template.Template:
    """What the SAM transform makes of the template once code and machines are uploaded."""
    uploaded: template.Template = json.loads(json.dumps(TEMPLATE))
    uploaded["Globals"]["Function"]["CodeUri"] = "s3://artifacts/code"
    for resource in uploaded["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = "s3://artifacts/machine"
    return template.parse(json.dumps(uploaded))


def test_cfn_lint_finds_nothing() -> None:
    """Neither an error nor a warning in what is written."""
    assert _problems(TEXT) == []


def test_cfn_lint_finds_nothing_after_the_transform(translated: template.Template) -> None:
    """Nor in what CloudFormation gets to see."""
    assert _problems(json.dumps(translated)) == []


def test_the_transform_adds_nothing_of_its_own(translated: template.Template) -> None:
    """Roles, log groups and all the rest are ours: SAM makes no resource that we did not write."""
    assert translated["Resources"].keys() == TEMPLATE["Resources"].keys()


def test_sam_writes_out_what_the_anchors_abbreviate() -> None:
    """CloudFormation knows no YAML aliases; what `sam` uploads has none and means the same."""
    uploaded = yaml_dump(yaml_parse(TEXT))
    tokens = {type(token) for token in yaml.scan(uploaded)}
    assert tokens & {yaml.AliasToken, yaml.AnchorToken} == set()
    assert template.load(uploaded) == TEMPLATE
