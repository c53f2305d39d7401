"""`canary demo`: two releases on the embedded AWS, one good and one bad."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click
from rich import box
from rich.console import Console
from rich.table import Table

from canary.cli import screen
from canary.cli.following import follow
from canary.cli.watch import End, Watch
from canary.localaws import LocalAws
from canary.localaws.sandbox import ROOT, Sandbox, archive_of

FUNCTION, ALIAS = "checkout", "live"
_EXAMPLES = ROOT / "examples" / FUNCTION


@dataclass(frozen=True)
class Chapter:
    """One release of the demo, and how it must end."""

    release: str
    code: str
    title: str
    status: str
    outcome: str
    shares: dict[str, float]


CHAPTERS = (
    Chapter("good-release", "good", "a good version", "SUCCEEDED", "promoted", {"2": 1}),
    Chapter(
        "bad-release",
        "bad",
        "a version that fails every third call",
        "FAILED",
        "rolled_back",
        {"2": 1},
    ),
)


@click.command()
@click.option("--seed", default=1, show_default=True, help="Another seed, other calls.")
@click.option("--calls-per-minute", default=120, show_default=True, help="Traffic on the alias.")
def demo(seed: int, calls_per_minute: int) -> None:
    """
    Release a good and a bad version on the embedded AWS.

    The real template, state machines and handlers run; time is virtual, so that half an hour takes
    a few seconds. Exits 0 only if the good version was promoted and the bad one rolled back.

    \b
    Examples:
      canary demo
      canary demo --seed 7 --calls-per-minute 600
    """
    console = screen.console()
    with LocalAws(seed=seed) as aws:
        with console.status("deploying template.yaml to the embedded AWS"):
            sandbox = Sandbox(aws)
            sandbox.add_function(FUNCTION, archive_of(_EXAMPLES / "stable"))
        console.print(
            f"Deployed [bold]template.yaml[/] to the embedded AWS; function [bold]{FUNCTION}[/] "
            f"serves {calls_per_minute} calls a minute through its alias [bold]{ALIAS}[/]."
        )
        sandbox.traffic(FUNCTION, calls_per_minute).start()
        aws.clock.advance(180)
        ends = [_tell(console, sandbox, chapter) for chapter in CHAPTERS]
        as_expected = [
            end.status == chapter.status
            and end.outcome == chapter.outcome
            and shares == chapter.shares
            for chapter, (end, shares) in zip(CHAPTERS, ends, strict=True)
        ]
    console.rule("how they ended", align="left")
    console.print(_summary([end for end, _ in ends]))
    if not all(as_expected):
        console.print("[red]The demo did not end as it should.[/]")
        sys.exit(1)


def _tell(console: Console, sandbox: Sandbox, chapter: Chapter) -> tuple[End, dict[str, float]]:
    """Run one release, printing what changes; returns its end and the alias afterwards."""
    package = sandbox.upload(
        archive_of(_EXAMPLES / chapter.code), f"incoming/{chapter.release}.zip"
    )
    execution = sandbox.start(
        chapter.release, {"schema": 1, "function": FUNCTION, "package": package}
    )
    console.rule(f"{chapter.release}: {chapter.title}", align="left")
    console.print(screen.HEADING)
    end = follow(Watch(execution, FUNCTION, ALIAS), lambda now: console.print(screen.line(now)))
    sandbox.aws.clock.advance(60)
    return end, sandbox.alias(FUNCTION, ALIAS)


def _summary(ends: list[End]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("release", "outcome", "versions", "AWS time", "transitions"):
        table.add_column(heading, no_wrap=True)
    table.add_column("reason")
    for chapter, end in zip(CHAPTERS, ends, strict=True):
        colour = "green" if end.outcome == chapter.outcome else "red"
        table.add_row(
            chapter.release,
            f"[{colour}]{end.outcome}[/]",
            f"{end.stable_version} → {end.new_version}",
            f"{int(end.seconds) // 60} min {int(end.seconds) % 60} s",
            str(end.transitions),
            end.reason,
        )
    return table
