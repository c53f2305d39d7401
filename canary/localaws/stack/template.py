"""
Reading a template: YAML or JSON, intrinsic functions in their long form, the SAM transform applied.
"""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from typing import Any

import yaml
from boto3 import Session
from moto.cloudformation.exceptions import ValidationError

from canary.localaws.account import REGION
from canary.localaws.stack.resource import KINDS

SAM = "AWS::Serverless-2016-10-31"

# The attributes of a resource, with the values that they can have; None is any.
ATTRIBUTES: dict[str, tuple[str, ...] | None] = {
    **dict.fromkeys(("Type", "Properties", "DependsOn", "Condition", "Metadata")),
    **dict.fromkeys(("DeletionPolicy", "UpdateReplacePolicy"), ("Delete", "Retain")),
}

Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms of the intrinsic functions."""


def _long_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if name == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)
# A date stays the text that it is in JSON.
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: str(node.value))


def load(text: str) -> Template:
    """The template as it is written, its short forms made long."""
    try:
        loaded = yaml.load(text, _Loader)  # a safe loader with more tags  # noqa: S506  # nosec B506
    except yaml.YAMLError as error:
        raise ValidationError(message=f"Template format error: {error}") from error
    if not isinstance(loaded, dict) or not loaded.get("Resources"):
        raise ValidationError(
            message="Template format error: At least one Resources member must be defined."
        )
    return loaded


def parse(text: str) -> Template:
    """
    The template that makes the stack: after the transform, with nothing in it that nobody handles.
    """
    parsed: Template = json.loads(_parsed(text))
    return parsed


@lru_cache(maxsize=16)
def _parsed(text: str) -> str:
    """As JSON, so that nobody changes what the next one gets."""
    template = load(text)
    transform = template.pop("Transform", None)
    if transform == SAM:
        template = _translated(template)
    elif transform is not None:
        raise ValidationError(message=f"No transform named {transform} found.")
    unknown = sorted({resource["Type"] for resource in template["Resources"].values()} - {*KINDS})
    if unknown:
        raise ValidationError(
            message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
            " (the embedded AWS does not handle them)"
        )
    for logical_id, resource in template["Resources"].items():
        _check_attributes(logical_id, resource)
    return json.dumps(template)


def _check_attributes(logical_id: str, resource: dict[str, Any]) -> None:
    """Refuse what a resource has beside its properties that nobody handles."""
    for name, value in resource.items():
        allowed = ATTRIBUTES.get(name, ())
        if allowed is not None and value not in allowed:
            raise ValidationError(
                message=f"Template format error: {logical_id} has {name}: {value!r}, "
                "which the embedded AWS does not handle"
            )


def _translated(template: Template) -> Template:
    # These take a fifth of a second to import.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    # It counts what it translates, and complains at the end that nobody wanted to know.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    try:
        translated: Template = translator.translate(template, {})
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise ValidationError(
            message=f"Transform {SAM} failed with: Invalid Serverless Application "
            f"Specification document. {causes}"
        ) from error
    return translated
