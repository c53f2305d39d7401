"""What several scanners, or rules, report of the same place is one problem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from release.reports import Finding
from release.severity import SEVERITIES

Problem = Sequence[Finding]
"""Findings of one problem, the gravest first."""


def problems(findings: Iterable[Finding]) -> list[Problem]:
    """The gravest problem first. Two findings are one where they share a class and the place."""
    known: dict[tuple[str, str, int], list[Finding]] = {}
    for finding in findings:
        keys = [(each, finding.path, finding.line) for each in finding.classes]
        joined = [finding]
        for found in {id(known[key]): known[key] for key in keys if key in known}.values():
            joined += found
            keys += [(each, one.path, one.line) for one in found for each in one.classes]
        known |= dict.fromkeys(keys, joined)
    distinct = {id(each): each for each in known.values()}.values()
    return sorted((sorted(each, key=_order) for each in distinct), key=lambda each: _order(each[0]))


def _order(finding: Finding) -> tuple[int, str, str, int, str]:
    rank = SEVERITIES.index(finding.severity)
    return rank, finding.path, finding.rule, finding.line, finding.tool
