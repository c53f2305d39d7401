"""`canary release`: upload a package, start a release, follow it to its end."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import click

from canary.cli import (
    following,
    incoming,
    options,
    requests,
    scans,
    screen,
    stacks,
    summary,
    watch,
)
from canary.cli.following import Target
from canary.cli.watch import End, Watch
from release import request
from release.aws.clients import client

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_NAME_LENGTH = 80  # of an execution


@click.command()
@click.argument("function")
@click.option("--package", type=_FILE, help="The zip to release; uploaded to the stack's bucket.")
@click.option("--alias", help="The function's alias.  [default: live]")
@click.option("--config", help="CodeDeploy deployment config: how traffic shifts.")
@click.option("--bake-minutes", type=int, help="Minutes of watching after all traffic shifted.")
@click.option(
    "--findings",
    multiple=True,
    type=scans.FORMAT_AND_FILE,
    help="A scan report to upload and gate on; FORMAT is sarif, npm-audit, pip-audit or checkov.",
)
@click.option("--exceptions", type=_FILE, help="Accepted findings, with reason and expiry.")
@click.option("--commit", help="What is released: text for the record.")
@click.option(
    "--request",
    "request_file",
    type=_FILE,
    help="A whole request as JSON, for every other field; options go before it.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, change nothing, show the plan.")
@click.option("--no-wait", is_flag=True, help="Start it, and do not follow it.")
@click.option(
    "--until",
    type=click.Choice(["end", "bake"]),
    default="end",
    show_default=True,
    help="How long to follow it; with bake, until all traffic is on the new version.",
)
@options.summary
@options.shared
@click.pass_context
def release(
    context: click.Context,
    /,
    function: str,
    package: Path | None,
    request_file: Path | None,
    no_wait: bool,
    until: str,
    summary_file: Path | None,
    environment: str,
    as_json: bool,
    **flags: Any,
) -> None:
    """
    Release FUNCTION through an alias, and follow the release to its end.

    Exits 0 if it was promoted (with --dry-run: if it could be released; with --until bake: if all
    traffic is on the new version), 2 if it was rolled back, 1 if it was refused before anything
    that serves was touched, 3 if it failed in any other way. Ctrl-C stops following, not the
    release, and exits 130.

    \b
    Examples:
      canary release checkout --package checkout.zip
      canary release checkout --package checkout.zip --dry-run
      canary release checkout --package checkout.zip --environment production --json
      canary release checkout --package checkout.zip --until bake --summary summary.md
      canary release checkout --package checkout.zip --request release.json --bake-minutes 30
      canary release checkout --package checkout.zip --findings sarif=bandit.sarif
    """
    body = _body(function, request_file, flags)
    name = name_of(function, body, incoming.digest(package) if package else "")
    reports = scans.files(f"reports/{name}", flags["findings"], flags["exceptions"])
    body |= scans.members(reports)
    key = f"incoming/{name}.zip"
    request.parse(body | ({"package": {"key": key, "version": "?"}} if package else {}))
    target = Target(function, body["alias"], environment)
    stack = stacks.connect(environment)
    console = screen.console(stderr=as_json)
    if package:
        version = incoming.upload(console, package, stack.bucket, key)
        body["package"] = {"key": key, "version": version}
    scans.upload(console, reports, stack.bucket)
    arn = start(stack.release_machine, name, json.dumps(body))
    console.print(f"Release [bold]{name}[/] of {target} has started.")
    end = None
    if no_wait:
        console.print(target.how_to_go_on())
    else:
        served_before = watch.shares_of(function, target.alias)
        end = following.to_its_end(
            console,
            Watch(arn, function, target.alias),
            target.how_to_go_on(),
            is_enough=lambda now: until == "bake" and now.bakes(served_before),
        )
        screen.tell(console, *following.sentence(target, end))
        if end.outcome == "baking":
            console.print(target.how_to_go_on())
        if summary_file:
            summary.add(summary_file, target, arn, end)
    code = following.release_code(following.outcome_of(end)) if end else 0
    if as_json:
        screen.document(document(target, arn, end) | {"exitCode": code})
    context.exit(code)


def _body(function: str, file: Path | None, flags: dict[str, Any]) -> dict[str, Any]:
    """The request: the file's, with what the options say."""
    body = requests.read(file) if file else {}
    body |= {"schema": body.get("schema", 1), "function": function}
    if flags["alias"] is not None or "alias" not in body:
        body["alias"] = flags["alias"] or "live"
    if flags["dry_run"]:
        body["dryRun"] = True
    for part, field, value in (
        ("deployment", "config", flags["config"]),
        ("policy", "bakeMinutes", flags["bake_minutes"]),
        ("change", "commit", flags["commit"]),
    ):
        if value is not None:
            body[part] = {**body.get(part, {}), field: value}
    return body


def name_of(function: str, body: dict[str, Any], package: str = "") -> str:
    """A release's id: function, beginning of a hash of what is asked for, and the time."""
    digest = hashlib.sha256(f"{json.dumps(body, sort_keys=True)} {package}".encode()).hexdigest()
    rest = f"-{digest[:8]}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    return function[: _NAME_LENGTH - len(rest)] + rest


def start(machine: str, name: str, text: str) -> str:
    """Start a release with this input; returns the execution's ARN."""
    answer = client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=text)
    return str(answer["executionArn"])


def document(target: Target, arn: str, end: End | None) -> dict[str, object]:
    """A release that was started, and how it ended if it was followed."""
    started: dict[str, object] = {
        "schema": 1,
        "release": arn.rpartition(":")[2],
        "executionArn": arn,
        "function": target.function,
        "alias": target.alias,
    }
    if end is None:
        return started | {"status": "RUNNING", "outcome": "in_progress"}
    return started | following.document(end)
