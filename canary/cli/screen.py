"""How things look on a terminal; what is shown is decided elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

import click
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from canary.cli.watch import Glance, Judgement

_WIDTH = 100  # where there is no terminal to ask
_VERSIONS = "alias, and what each version served in the last minute"
HEADING = f"[dim]{'time':8}  {'state':17}  {_VERSIONS:57}  verdict"


def console(*, stderr: bool = False) -> Console:
    """For people; plain lines where nobody looks or nobody wants colours."""
    context = click.get_current_context(silent=True)
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        highlight=False,
        no_color=True if context and context.meta.get("no_color") else None,
        width=None if stream.isatty() else _WIDTH,
    )


def tell(to: Console, colour: str, word: str, sentence: str) -> None:
    """An outcome, in lines that can be copied whole."""
    to.print(f"[bold {colour}]{escape(word)}[/]: {escape(sentence)}", soft_wrap=True)


def document(content: Mapping[str, object]) -> None:
    """For machines: one JSON document on stdout."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))


def camel(content: Mapping[str, object]) -> dict[str, object]:
    """A dataclass's fields as documents name them."""
    return {_camel(name): value for name, value in content.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def line(now: Glance) -> str:
    """One look, in one line."""
    versions = served(now)
    blank = " " * (57 - len(Text.from_markup(versions).plain))
    return f"{now.at:%H:%M:%S}  {now.state:17}  {versions}{blank}  {now.verdict}"


def judged_line(now: Glance) -> str:
    """One look, and the evidence so far."""
    return f"{line(now)}  {odds(now.judgement)}".rstrip()


def odds(judgement: Judgement | None) -> str:
    """`64 : 1 against, 0.7 : 1 for`; empty where nothing was weighed yet."""
    if judgement is None or judgement.odds is None:
        return ""
    return "{against:.3g} : 1 against, {inFavour:.3g} : 1 for".format_map(judgement.odds)


def served(now: Glance) -> str:
    """Each version with its share, and its calls and errors in the last minute."""
    return " │ ".join(_version(now, version) for version in now.shares)


def _version(now: Glance, version: str) -> str:
    calls, errors = now.count(version)
    return f"v{version} {now.shares[version]:4.0%} {calls:4} calls {_errors(errors)}"


def _errors(count: int) -> str:
    return f"[red]{count:3} errors[/]" if count else f"[dim]{count:3} errors[/]"


def shares(of: Mapping[str, float]) -> str:
    """`version 1 with 90 %, version 2 with 10 %`; a single version alone."""
    if len(of) == 1:
        return f"version {next(iter(of))}"
    return ", ".join(f"version {version} with {share:.0%}" for version, share in of.items())
