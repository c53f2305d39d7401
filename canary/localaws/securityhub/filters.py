"""
Which findings a filter means.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_StringFilter.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Finding = Mapping[str, Any]
Conditions = Sequence[Mapping[str, str]]

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda value, given: value == given,
    "PREFIX": lambda value, given: value.startswith(given),
    "CONTAINS": lambda value, given: given in value,
}
_NEGATIONS = {"NOT_EQUALS": "EQUALS", "PREFIX_NOT_EQUALS": "PREFIX", "NOT_CONTAINS": "CONTAINS"}

_TEXTS: dict[str, Callable[[Finding], list[str]]] = {
    **{
        name: lambda finding, name=name: [finding[name]]  # type: ignore[misc]
        for name in ("AwsAccountId", "GeneratorId", "Id", "ProductArn", "RecordState", "Title")
    },
    "ResourceId": lambda finding: [each["Id"] for each in finding["Resources"]],
    "ResourceType": lambda finding: [each["Type"] for each in finding["Resources"]],
    "SeverityLabel": lambda finding: [finding["Severity"]["Label"]],
    "Type": lambda finding: list(finding["Types"]),
    "WorkflowStatus": lambda finding: [finding["Workflow"]["Status"]],
}
_MAPS = ("ProductFields", "UserDefinedFields")


def is_meant(finding: Finding, filters: Mapping[str, Conditions]) -> bool:
    """Whether every filter holds; a NotImplementedError for one that nobody here knows."""
    return all(_holds(finding, name, conditions) for name, conditions in filters.items())


def _holds(finding: Finding, name: str, conditions: Conditions) -> bool:
    """Any of what it may be, and nothing of what it must not be."""
    met = [(_meets(finding, name, each), each["Comparison"] in _NEGATIONS) for each in conditions]
    wanted = [is_met for is_met, is_negation in met if not is_negation]
    unwanted = [is_met for is_met, is_negation in met if is_negation]
    return (any(wanted) or not wanted) and not any(unwanted)


def _meets(finding: Finding, name: str, condition: Mapping[str, str]) -> bool:
    compare = _COMPARISONS.get(_word(condition))
    if compare is None or name not in (*_TEXTS, *_MAPS):
        raise NotImplementedError(f"the embedded Security Hub knows no filter {name} {condition}")
    return any(compare(value, condition["Value"]) for value in _values(finding, name, condition))


def _values(finding: Finding, name: str, condition: Mapping[str, str]) -> list[str]:
    if name in _TEXTS:
        return _TEXTS[name](finding)
    given = finding.get(name, {}).get(condition["Key"])
    return [] if given is None else [given]


def _word(condition: Mapping[str, str]) -> str:
    """The comparison, without its negation."""
    word = condition["Comparison"]
    return _NEGATIONS.get(word, word)
