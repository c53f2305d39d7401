"""`canary status`: the latest releases, or one function's newest."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.markup import escape

from canary.cli import following, freeze, listing, options, screen, stacks, view
from canary.cli.following import Target
from canary.cli.view import View
from release import freezes


@click.command()
@click.argument("function", required=False)
@options.alias
@click.option("--watch", is_flag=True, help="Follow the release that runs to its end.")
@options.shared
@click.pass_context
def status(
    context: click.Context,
    /,
    function: str | None,
    alias: str,
    watch: bool,
    environment: str,
    as_json: bool,
) -> None:
    """
    Show the newest release of FUNCTION; without a function, the latest releases.

    Exits 0; with --watch, as `canary release` does, also for a release that is over already.

    \b
    Examples:
      canary status
      canary status checkout
      canary status checkout --watch
      canary status checkout --environment production --json
    """
    if watch and function is None:
        raise click.UsageError("--watch needs a FUNCTION: canary status FUNCTION --watch")
    stack = stacks.connect(environment)
    console = screen.console(stderr=as_json)
    if function is None:
        _list(console, stack.release_machine, as_json)
    else:
        context.exit(_one(console, Target(function, alias, environment), watch, as_json))


def _one(console: Console, target: Target, watch: bool, as_json: bool) -> int:
    seen = view.view_of(target, datetime.now(UTC))
    _show(console, seen)
    content = view.document(seen)
    if watch and seen.running:
        watched = view.watch_of(target, seen.running)
        end = following.to_its_end(console, watched, target.how_to_go_on(), screen.judged_line)
        screen.tell(console, *following.sentence(target, end))
        content |= following.document(end)
    if as_json:
        screen.document(content)
    return following.release_code(str(content["outcome"])) if watch and seen.release else 0


def _list(console: Console, machine: str, as_json: bool) -> None:
    rows, frozen = listing.latest(machine), freezes.get(None)
    if as_json:
        screen.document(listing.document(rows) | freeze.document(frozen))
        return
    if frozen:
        said = escape(freeze.sentence(frozen))
        console.print(f"The stack is {said}", style="bold", soft_wrap=True)
    if rows:
        console.print(listing.table(rows))
    else:
        console.print("No release has run yet. Start one: canary release FUNCTION --package FILE")


def _show(console: Console, seen: View) -> None:
    """One function on a terminal."""
    glance = seen.glance
    console.print(f"[bold]{seen.target}[/] serves {screen.shares(glance.shares)}", soft_wrap=True)
    lines = {
        "release": _release(seen),
        "frozen": escape(freeze.sentence(seen.frozen)) if seen.frozen else "",
        f"{view.moment(glance.minute):%H:%M}": screen.served(glance),
        "alarms": ", ".join(f"{escape(name)} {state}" for name, state in seen.alarms.items()),
        "verdict": glance.verdict,
        "evidence": screen.odds(glance.judgement),
        "reason": escape(seen.reason),
        "next": _next(seen),
    }
    for name, value in lines.items():
        if value:
            console.print(f"  [dim]{name:8}[/] {value}", soft_wrap=True)


def _release(seen: View) -> str:
    release = seen.release
    if release is None:
        return "none has taken the lock of this alias yet"
    versions = f"version {release.plan.stable_version} → {release.new_version or '(none yet)'}"
    if seen.running:
        return f"{release.release} runs: {seen.glance.state}, {versions}"
    ended = f" at {view.moment(release.finished_at):%Y-%m-%d %H:%M}" if release.finished_at else ""
    return f"{release.release} {release.outcome}{ended}, {versions}"


def _next(seen: View) -> str:
    """What will be decided next, and when."""
    if seen.next_look:
        return f"look at {seen.next_look:%H:%M:%S}"
    if seen.guard_until:
        return f"an alarm undoes it until {seen.guard_until:%Y-%m-%d %H:%M}"
    return ""
