"""`canary restart`: let a release that did not end well go on, or begin again."""

from __future__ import annotations

import json
from typing import Any

import click
from botocore.exceptions import ClientError

from canary.cli import following, options, screen, stacks
from canary.cli.failures import UserError
from canary.cli.following import Target
from canary.cli.release import document, name_of, start
from canary.cli.watch import Watch
from release import record
from release.aws import failures
from release.aws.clients import client

# A redrive would only enter the same Fail state, or meet the same world, again.
_FINAL_ERRORS = {
    "ReleaseFailed",
    "ReleaseRefused",
    "ReleaseRolledBack",
    "ReleaseStaleError",
    "RollbackFailed",
}
_DONE = {"rolled_back", "rollback_failed"}


@click.command()
@click.argument("release")
@click.option("--no-wait", is_flag=True, help="Start it, and do not follow it.")
@options.shared
@click.pass_context
def restart(
    context: click.Context, /, release: str, no_wait: bool, environment: str, as_json: bool
) -> None:
    """
    Restart RELEASE, the id of a release that did not end well, and follow it to its end.

    Where AWS allows it and it makes sense, the execution is redriven: the release goes on at the
    step that failed. Else a new release begins with the same input. It says which.

    Exits 0 if it was promoted, 2 if it was rolled back, 1 if there is nothing to restart or it was
    refused before anything that serves was touched, 3 if it failed in any other way. Ctrl-C stops
    following, not the release, and exits 130.

    \b
    Examples:
      canary restart checkout-1a2b3c4d-20260105-090000
      canary restart checkout-1a2b3c4d-20260105-090000 --environment production --json
    """
    stack = stacks.connect(environment)
    console = screen.console(stderr=as_json)
    ended = _ended(stack.release_machine, release)
    request = _request(release, ended["input"])
    target = Target(request["function"], request.get("alias", "live"), environment)
    why_not = _why_no_redrive(release, ended)
    arn = _restarted(stack.release_machine, ended, request) if why_not else _redriven(ended)
    console.print(_sentence(target, release, arn, why_not), soft_wrap=True)
    end = None
    if no_wait:
        console.print(target.how_to_go_on())
    else:
        watch = Watch(arn, target.function, target.alias)
        end = following.to_its_end(console, watch, target.how_to_go_on())
        screen.tell(console, *following.sentence(target, end))
    code = following.release_code(following.outcome_of(end)) if end else 0
    if as_json:
        how = {"restartedBy": "new execution" if why_not else "redrive", "exitCode": code}
        screen.document(document(target, arn, end) | how)
    context.exit(code)


def _redriven(ended: dict[str, Any]) -> str:
    arn = str(ended["executionArn"])
    client("stepfunctions").redrive_execution(executionArn=arn)
    return arn


def _restarted(machine: str, ended: dict[str, Any], request: dict[str, Any]) -> str:
    return start(machine, name_of(request["function"], request), ended["input"])


def _sentence(target: Target, release: str, arn: str, why_not: str) -> str:
    if not why_not:
        return f"Release [bold]{release}[/] of {target} goes on at the step that failed."
    name = arn.rpartition(":")[2]
    return f"A new release [bold]{name}[/] of {target} has started with the same input: {why_not}."


def _ended(machine: str, release: str) -> dict[str, Any]:
    """The execution, which must be over and not have ended well."""
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{release}"
    try:
        found = dict(client("stepfunctions").describe_execution(executionArn=arn))
    except ClientError as error:
        if failures.code(error) in {"ExecutionDoesNotExist", "InvalidArn"}:
            raise UserError(
                f"There is no release {release!r} in this stack. To see the latest ones, type: "
                "canary status"
            ) from error
        raise
    if found["status"] == "RUNNING":
        raise UserError(f"Release {release} still runs. Nothing was changed.")
    if found["status"] == "SUCCEEDED":
        raise UserError(f"Release {release} ended well: there is nothing to restart.")
    return found


def _request(release: str, text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict) or not isinstance(found.get("function"), str):
        raise UserError(f"Release {release} was started with no request, but with {text[:80]}.")
    return found


def _why_no_redrive(release: str, ended: dict[str, Any]) -> str:
    """Why the execution is not redriven; empty if it is."""
    if ended.get("error") in _FINAL_ERRORS:
        return f"{release} ended by {ended['error']}"
    found = record.find(release)
    if found and (found.outcome in _DONE or found.rollback_requested):
        return f"{release} was rolled back"
    if ended.get("redriveStatus") != "REDRIVABLE":
        return str(ended.get("redriveStatusReason") or "AWS does not redrive it")
    return ""
