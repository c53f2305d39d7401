"""How grave a finding is: Security Hub's five labels, worst first."""

from __future__ import annotations

from typing import Literal, get_args

Severity = Literal["critical", "high", "medium", "low", "informational"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


def is_at_least(severity: str, floor: str) -> bool:
    """Whether the first is as grave as the second, or graver."""
    names: tuple[str, ...] = SEVERITIES
    return names.index(severity) <= names.index(floor)


def of_score(score: float) -> Severity:
    """The label of a CVSS-like score from 0 to 10."""
    if score >= 9:
        return "critical"
    if score >= 7:
        return "high"
    if score >= 4:
        return "medium"
    return "low" if score > 0 else "informational"
