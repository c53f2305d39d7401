"""`canary rollback`: undo the newest release of an alias."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from canary.cli import following, options, screen, stacks, summary, view, watch
from canary.cli.failures import UserError
from canary.cli.following import Target
from canary.cli.watch import End, Watch
from release import targets
from release.aws.clients import client

_NAME_LENGTH = 80  # of an execution


@click.command()
@click.argument("function")
@options.alias
@click.option(
    "--mode",
    type=click.Choice(["auto", "manual", "emergency"]),
    default="manual",
    show_default=True,
    help="Manual asks first; emergency moves the alias first, and checks afterwards.",
)
@click.option("--version", metavar="N", help="The version that is to serve, instead of the last.")
@click.option(
    "--force", is_flag=True, help="Also when the release is final, or someone moved the alias."
)
@click.option("--reason", help="Why; kept in the record and told in the notification.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.summary
@options.shared
@click.pass_context
def rollback(
    context: click.Context,
    /,
    function: str,
    alias: str,
    yes: bool,
    summary_file: Path | None,
    environment: str,
    as_json: bool,
    **asked: Any,
) -> None:
    """
    Undo the newest release of FUNCTION: the one that runs, or was promoted and is still guarded.
    With --version, that version is to serve instead; it must be signed as the function demands.

    Exits 0 when the alias serves the earlier version alone, 1 if there is nothing to roll back or
    it was refused, 3 if the rollback failed: then the alias may not be whole, and the command that
    restores it is shown. Ctrl-C stops following, not the rollback, and exits 130.

    \b
    Examples:
      canary rollback checkout
      canary rollback checkout --yes --reason "wrong prices"
      canary rollback checkout --version 7 --force --mode auto
      canary rollback checkout --mode emergency
      canary rollback checkout --alias live --environment production --json --yes
    """
    stack = stacks.connect(environment)
    console = screen.console(stderr=as_json)
    target = Target(function, alias, environment)
    request = {"schema": 1, "function": function, "alias": alias, **_given(asked)}
    if asked["mode"] == "manual":
        request["confirm"] = _confirmed(console, target, asked, yes)
    arn = _start(stack.rollback_machine, request)
    end = following.to_its_end(console, Watch(arn, function, alias), target.how_to_look())
    screen.tell(console, *_sentence(target, end))
    if summary_file:
        summary.add(summary_file, target, arn, end)
    code = following.rollback_code(following.outcome_of(end))
    if as_json:
        screen.document(_document(target, arn, end) | {"exitCode": code})
    context.exit(code)


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    """What was typed; the request's own defaults are left to it."""
    return {name: value for name, value in asked.items() if value}


def _confirmed(console: Console, target: Target, asked: dict[str, Any], yes: bool) -> str:
    """Show what will be undone, and ask; returns what was seen, which must still be so then."""
    shares = view.require_shares(target)
    release = targets.to_undo(str(target), forced=asked["force"], version=asked["version"])
    console.print(
        f"[bold]{target}[/] serves {screen.shares(shares)}. Release {release.release} "
        f"({release.outcome}) goes back to version "
        f"{asked['version'] or release.plan.stable_version}.",
        soft_wrap=True,
    )
    alias = targets.require_alias(target.function, target.alias)
    confirmation = targets.confirmation(alias, release)
    if not yes:
        _ask()
    return confirmation


def _ask() -> None:
    try:
        agreed = click.confirm("Roll back?", err=True)
    except click.Abort as error:
        raise UserError(
            "Nobody answered, so nothing was changed. Without a terminal, use --yes."
        ) from error
    if not agreed:
        raise UserError("Nothing was changed.")


def _start(machine: str, request: dict[str, object]) -> str:
    ending = time.strftime("-%Y%m%d-%H%M%S", time.gmtime())
    name = f"rollback-{request['function']}"[: _NAME_LENGTH - len(ending)] + ending
    answer = client("stepfunctions").start_execution(
        stateMachineArn=machine, name=name, input=json.dumps(request)
    )
    return str(answer["executionArn"])


def _sentence(target: Target, end: End) -> tuple[str, str, str]:
    """How it ended: colour, word, and what an operator reads."""
    if end.outcome == "rolled_back":
        serves = screen.shares(watch.shares_of(target.function, target.alias))
        return "green", "rolled back", f"{target} serves {serves} alone; {end.reason}"
    word = end.error or end.outcome or end.status
    return "red", word, end.reason or f"the execution has ended. {target.how_to_look()}"


def _document(target: Target, arn: str, end: End) -> dict[str, object]:
    release = targets.serving(str(target))
    undone: dict[str, object] = {}
    if release:
        undone = {
            "release": release.release,
            "stableVersion": release.version_to_restore,
            "newVersion": release.new_version,
        }
    return {
        "schema": 1,
        "executionArn": arn,
        "function": target.function,
        "alias": target.alias,
        **following.document(end),
        **undone,
    }
