"""The template reads from top to bottom: what is set, what runs, what it stands on, what it may."""

import re

from tests.template.source import TEMPLATE, TEXT, functions, pipeline

_RULE = re.compile(r"^ *# -{80,}\n *# (.+)\n *# -{80,}\n", re.MULTILINE)


def test_sections_come_in_their_order() -> None:
    """Parameters first, outputs last."""
    assert list(TEMPLATE) == [
        "AWSTemplateFormatVersion",
        "Transform",
        "Description",
        "Parameters",
        "Conditions",
        "Globals",
        "Resources",
        "Outputs",
    ]


def test_each_section_has_its_headline() -> None:
    """A ruled comment before each part, in the order in which one asks."""
    assert [headline.split(":")[0].split(",")[0] for headline in _RULE.findall(TEXT)] == [
        "Parameters",
        "Globals",
        "Functions",
        "State machines",
        "Rules that start the rollback machine",
        "Signing and deployment",
        "State",
        "Roles",
        "Outputs",
    ]


def test_functions_come_in_the_order_of_the_pipeline() -> None:
    """Reading the functions is reading the release machine."""
    assert list(functions()) == [f"{word}Function" for word in pipeline()]


def test_every_parameter_explains_itself() -> None:
    """A stack can be made without a single parameter, and each says what it does."""
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        assert "Default" in parameter, name


def test_every_parameter_is_used() -> None:
    """No parameter promises what nothing reads."""
    for name in TEMPLATE["Parameters"]:
        assert re.search(rf"!Ref {name}\b|\${{{name}}}", TEXT), name


def test_outputs_tell_ci_and_owners_what_they_need() -> None:
    """CI starts releases and uploads; the owner of a function attaches it; all are described."""
    assert set(TEMPLATE["Outputs"]) >= {
        "AlarmNamePrefix",
        "ApplicationName",
        "ArtifactBucket",
        "CodeDeployRoleArn",
        "CodeSigningConfigArn",
        "ReleaseStateMachineArn",
        "RollbackStateMachineArn",
        "SigningProfileName",
        "TableName",
        "TopicArn",
    }
    for name, output in TEMPLATE["Outputs"].items():
        assert output["Description"], name
