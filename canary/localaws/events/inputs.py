"""
What a target receives of an event: all of it, a part, a constant, or a text made from parts.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|<[A-Za-z0-9_.-]+>|.', re.DOTALL)
_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")


def input_for(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]) -> str:
    """The text that `target` gets for `event`; `rule` has the ARN and the name of its rule."""
    if "Input" in target:
        return str(target["Input"])
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, rule)
    return json.dumps(value_at(target.get("InputPath") or "$", event), separators=(",", ":"))


def value_at(path: str, event: Mapping[str, Any]) -> Any:
    """The value at a path like `$.detail.state` or `$.resources[0]`; None, if there is none."""
    value: Any = event
    for name, index, quoted in _STEP.findall(path):
        try:
            value = value[int(index)] if index else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _transformed(
    transformer: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]
) -> str:
    values = {
        "aws.events.rule-arn": rule["arn"],
        "aws.events.rule-name": rule["name"],
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event["time"],
    } | {name: value_at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}

    def replace(token: re.Match[str]) -> str:
        text = token.group()
        if text.startswith('"'):
            return _PLACEHOLDER.sub(lambda name: _inside_quotes(name, values), text)
        return _PLACEHOLDER.sub(
            lambda name: json.dumps(values[name[1]]) if name[1] in values else name[0], text
        )

    return _TOKEN.sub(replace, transformer["InputTemplate"].strip())


def _inside_quotes(placeholder: re.Match[str], values: Mapping[str, Any]) -> str:
    """A string stands there as it is, any other value as its JSON without quotes."""
    name = placeholder[1]
    if name not in values or values[name] is None:
        return placeholder[0] if name not in values else ""
    value = values[name]
    if isinstance(value, str):
        return json.dumps(value)[1:-1]
    return json.dumps(value).replace("\\", "").replace('"', "")
