"""Scan reports that `canary release` uploads and names in the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console

from canary.cli import incoming
from release.request import ReportFormat

EXCEPTIONS = "exceptions"


@dataclass(frozen=True)
class Report:
    """A report on this machine, or the file of exceptions, and its key in the bucket."""

    format: str
    file: Path
    key: str = ""


class _FormatAndFile(click.ParamType):
    name = "FORMAT=FILE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Report:
        """`sarif=bandit.sarif` as a report that has no key yet."""
        kind, _, name = str(value).partition("=")
        formats = get_args(ReportFormat)
        if kind not in formats:
            self.fail(f"{value!r} is not FORMAT=FILE with one of {', '.join(formats)}", param, ctx)
        if not Path(name).is_file():
            self.fail(f"there is no file {name!r}", param, ctx)
        return Report(kind, Path(name))


FORMAT_AND_FILE = _FormatAndFile()


def files(prefix: str, reports: Sequence[Report], exceptions: Path | None) -> list[Report]:
    """All files to upload, each with a key of its own below `prefix`."""
    numbered = [
        Report(each.format, each.file, f"{prefix}/{number}-{each.format}.json")
        for number, each in enumerate(reports, 1)
    ]
    if exceptions:
        numbered.append(Report(EXCEPTIONS, exceptions, f"{prefix}/{EXCEPTIONS}.json"))
    return numbered


def members(reports: Sequence[Report]) -> dict[str, Any]:
    """What the request says of them; nothing where there are none."""
    named = [
        {"format": each.format, "key": each.key} for each in reports if each.format != EXCEPTIONS
    ]
    keys = [each.key for each in reports if each.format == EXCEPTIONS]
    return ({"findings": named} if named else {}) | ({EXCEPTIONS: keys[0]} if keys else {})


def upload(console: Console, reports: Sequence[Report], bucket: str) -> None:
    """Upload them all; the newest versions are those that the release reads."""
    for each in reports:
        incoming.upload(console, each.file, bucket, each.key)
