"""Options that several verbs have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


def shared(verb: _Verb) -> _Verb:
    """Which stack, and how to print."""
    for add in reversed(_SHARED):
        verb = add(verb)
    return verb


def printing(verb: _Verb) -> _Verb:
    """How to print, for a verb that talks to no stack."""
    for add in reversed(_PRINTING):
        verb = add(verb)
    return verb


def _note(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Keep a flag where the console and the error handler find it."""
    if value and parameter.name:
        context.meta[parameter.name] = True


_PRINTING = (
    click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        callback=_note,
        help="As NO_COLOR does.",
    ),
    click.option(
        "--debug", is_flag=True, expose_value=False, callback=_note, help="Show tracebacks."
    ),
)
_SHARED = (
    click.option(
        "--environment",
        default="default",
        show_default=True,
        metavar="NAME",
        help="Environment of samconfig.toml that says which stack, profile and region.",
    ),
    *_PRINTING,
)
alias = click.option("--alias", default="live", show_default=True, help="The function's alias.")
summary = click.option(
    "--summary",
    "summary_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Append how it ended to this file, as Markdown; GitHub Actions: $GITHUB_STEP_SUMMARY.",
)
