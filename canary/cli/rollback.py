"""`canary rollback`: undo the newest release of an alias."""

from __future__ import annotations

import json
import time

import click

from canary.cli import following, options, screen, stacks, view
from canary.cli.failures import UserError
from canary.cli.following import Target
from canary.cli.watch import End, Watch
from release import targets
from release.aws.clients import client
from release.record import Release

_NAME_LENGTH = 80  # of an execution


@click.command()
@click.argument("function")
@options.alias
@click.option("--reason", help="Why; kept in the record and told in the notification.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.shared
@click.pass_context
def rollback(
    context: click.Context,
    /,
    function: str,
    alias: str,
    reason: str | None,
    yes: bool,
    environment: str,
    as_json: bool,
) -> None:
    """
    Undo the newest release of FUNCTION: the one that runs, or was promoted and is still guarded.

    Exits 0 when the alias serves the earlier version alone, 1 if there is nothing to roll back or
    it was refused, 3 if the rollback failed: then the alias may not be whole, and the command that
    restores it is shown. Ctrl-C stops following, not the rollback, and exits 130.

    \b
    Examples:
      canary rollback checkout
      canary rollback checkout --yes --reason "wrong prices"
      canary rollback checkout --alias live --environment production --json --yes
    """
    stack = stacks.connect(environment)
    console = screen.console(stderr=as_json)
    target = Target(function, alias, environment)
    shares = view.require_shares(target)
    release = targets.to_undo(str(target))
    console.print(
        f"[bold]{target}[/] serves {screen.shares(shares)}. Release {release.release} "
        f"({release.outcome}) goes back to version {release.plan.stable_version}.",
        soft_wrap=True,
    )
    request = {"schema": 1, "function": function, "alias": alias}
    if reason:
        request["reason"] = reason
    if not yes:
        _ask()
        request |= {"mode": "manual", "confirm": f"{function}:{next(iter(shares))}"}
    arn = _start(stack.rollback_machine, request)
    end = following.to_its_end(console, Watch(arn, function, alias), target.how_to_look())
    screen.tell(console, *_sentence(target, release, end))
    code = following.rollback_code(following.outcome_of(end))
    if as_json:
        screen.document(_document(target, arn, release, end) | {"exitCode": code})
    context.exit(code)


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


def _sentence(target: Target, release: Release, end: End) -> tuple[str, str, str]:
    """How it ended: colour, word, and what an operator reads."""
    if end.outcome == "rolled_back":
        back = f"{target} serves version {release.plan.stable_version} alone"
        return "green", "rolled back", f"{back}; {end.reason}"
    word = end.error or end.outcome or end.status
    return "red", word, end.reason or f"the execution has ended. {target.how_to_look()}"


def _document(target: Target, arn: str, release: Release, end: End) -> dict[str, object]:
    return {
        "schema": 1,
        "release": release.release,
        "executionArn": arn,
        "function": target.function,
        "alias": target.alias,
        **following.document(end),
        "stableVersion": release.plan.stable_version,
        "newVersion": release.new_version,
    }
