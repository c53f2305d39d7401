"""One thing that a scanner found, whichever scanner it was."""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

from release.severity import Severity


class Finding(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    A finding. `path` is a file, or a package with its version; `line` is 0 where there is none.

    `classes` are all names of the problem that another scanner may know it by. `fingerprint` tells
    it from others of its rule in its file, and stays when lines move.
    """

    tool: str
    rule: str
    classes: tuple[str, ...]
    severity: Severity
    path: str
    line: int
    title: str
    description: str
    fingerprint: str
    url: str = ""

    @property
    def place(self) -> str:
        """`file:line`, or the package."""
        return f"{self.path}:{self.line}" if self.line else self.path

    def __str__(self) -> str:
        """As people name it."""
        return f"{self.severity} {self.rule} in {self.place} ({self.tool})"


class Report(msgspec.Struct, frozen=True, gc=False):
    """What one report says: which tools looked, also those that found nothing, and at what."""

    tools: frozenset[str]
    findings: list[Finding]


def plain_path(path: str) -> str:
    """A path as every scanner could have written it: relative, without decoration."""
    return unquote(path).removeprefix("file://").removeprefix("./").lstrip("/") or "(nowhere)"
