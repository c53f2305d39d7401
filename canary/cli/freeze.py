"""`canary freeze` and `canary unfreeze`: stop the line, and start it again."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.markup import escape

from canary.cli import options, screen, stacks
from canary.cli.failures import UserError
from release import freezes
from release.aws import awslambda
from release.aws.clients import client
from release.freezes import Freeze


@click.command()
@click.argument("function", required=False)
@click.option("--reason", required=True, help="Why; every release that is refused tells it.")
@options.shared
def freeze(function: str | None, reason: str, environment: str, as_json: bool) -> None:
    """
    Stop the releases of FUNCTION; without a function, all of the stack.

    New releases are refused, and those that run are before their traffic shifts. What shifts
    already goes on, and rollbacks are never stopped. What is frozen already keeps its first freeze.

    \b
    Examples:
      canary freeze checkout --reason "inventory night"
      canary freeze --reason "incident 4711" --environment production
    """
    stacks.connect(environment)
    if function and awslambda.get_function(function) is None:
        raise UserError(
            f"There is no function {function!r} in this account and region. Nothing was changed."
        )
    who = str(client("sts").get_caller_identity()["Arn"])
    _tell(freezes.put(function, who, reason), as_json)


@click.command()
@click.argument("function", required=False)
@options.shared
def unfreeze(function: str | None, environment: str, as_json: bool) -> None:
    """
    Let FUNCTION be released again; without a function, lift the freeze of the stack.

    \b
    Examples:
      canary unfreeze checkout
      canary unfreeze --environment production
    """
    stacks.connect(environment)
    lifted = freezes.lift(function)
    if as_json:
        screen.document(document(None) | {"lifted": document(lifted)["frozen"]})
        return
    what = function or "the stack"
    said = f"no longer {sentence(lifted)}" if lifted else "not frozen; nothing was changed"
    screen.console().print(f"{escape(what)} is {escape(said)}", soft_wrap=True)


def sentence(frozen: Freeze) -> str:
    """Since when, by whom and why."""
    since = f"{datetime.fromtimestamp(frozen.at, UTC):%Y-%m-%d %H:%M} UTC"
    return f"frozen since {since} by {frozen.by}: {frozen.reason}"


def document(frozen: Freeze | None) -> dict[str, object]:
    """The freeze, for machines; null where there is none."""
    if frozen is None:
        return {"schema": 1, "frozen": None}
    at = datetime.fromtimestamp(frozen.at, UTC).isoformat()
    said = {"function": frozen.function or None, "by": frozen.by, "reason": frozen.reason, "at": at}
    return {"schema": 1, "frozen": said}


def _tell(frozen: Freeze, as_json: bool) -> None:
    if as_json:
        screen.document(document(frozen))
        return
    said = f"{frozen.function or 'the stack'} is {sentence(frozen)}"
    screen.console().print(
        f"{escape(said)}\nTo lift it, type: {frozen.how_to_lift}", soft_wrap=True
    )
