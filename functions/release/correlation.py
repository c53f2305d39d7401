"""What several scanners, or rules, report of the same place is one problem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeAlias

from release.reports import Finding
from release.severity import SEVERITIES

Problem: TypeAlias = Sequence[Finding]
"""Findings of one problem, the gravest first."""

_Key: TypeAlias = tuple[str, str, int]


def problems(findings: Iterable[Finding]) -> list[Problem]:
    """The gravest problem first. Two findings are one where they share a class and the place."""
    known: dict[_Key, list[Finding]] = {}
    for finding in findings:
        touched = [known[key] for key in _keys(finding) if key in known]
        joined = [finding, *chain.from_iterable({id(each): each for each in touched}.values())]
        known |= dict.fromkeys(chain.from_iterable(map(_keys, joined)), joined)
    distinct = {id(each): sorted(each, key=_order) for each in known.values()}.values()
    return sorted(distinct, key=lambda each: _order(each[0]))


def _keys(finding: Finding) -> list[_Key]:
    return [(each, finding.path, finding.line) for each in finding.classes]


def _order(finding: Finding) -> tuple[int, str, str, int, str]:
    rank = SEVERITIES.index(finding.severity)
    return rank, finding.path, finding.rule, finding.line, finding.tool
