"""`canary simulate`: what a policy would make of a canary, before there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from canary.cli import options, outlook, scenario, screen
from canary.cli.outlook import How, Needed
from canary.cli.scenario import Scenario
from canary.simulation import forecast
from canary.simulation.forecast import REGRESSIONS, SHARES, Outlook

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_SVG = click.Path(dir_okay=False, writable=True, path_type=Path)
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())


@click.command()
@click.option(
    "--from",
    "function",
    metavar="FUNCTION",
    help="Traffic of this function's last week, its policy defaults, and its static alarms.",
)
@options.alias
@click.option("--calls-per-minute", type=click.FloatRange(0, 10_000_000, min_open=True))
@click.option("--error-rate", type=click.FloatRange(0, 0.5), help="Of the stable version, 0 to 1.")
@click.option("--latency-ms", type=click.FloatRange(0, 900_000, min_open=True), help="Median.")
@click.option(
    "--latency-spread",
    type=click.FloatRange(0.01, 3),
    help="Standard deviation of the duration's logarithm: 0.5 narrow, 1 wide.",
)
@click.option("--config", help="CodeDeploy deployment config.  [default: 10 % for 5 minutes]")
@click.option("--share", type=click.FloatRange(1, 99), help="The canary's, in percent; not CONFIG.")
@click.option("--minutes", type=click.IntRange(1, 2880), help="How long it lasts; not CONFIG.")
@click.option("--bake-minutes", type=int, help="Minutes of watching after all traffic shifted.")
@click.option("--evidence-threshold", type=float, help="Odds against it that roll back.")
@click.option("--minimum-calls", type=int, help="Without so many nothing speaks for it.")
@click.option("--max-error-rate", type=float, help="Tolerated where there is no comparison.")
@click.option("--latency-slo-ms", type=float, help="Latency objective.")
@click.option("--request", "request_file", type=_FILE, help="Policy and config of a request.")
@click.option(
    "--chance",
    default=0.8,
    show_default=True,
    type=click.FloatRange(0.05, 0.99),
    help="With which a needed canary is to detect.",
)
@click.option(
    "--runs",
    default=200,
    show_default=True,
    type=click.IntRange(20, 100_000),
    help="Canaries each.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed, other canaries.")
@click.option("--chart", type=_SVG, metavar="FILE.svg", help="Draw when canaries are detected.")
@options.shared
def simulate(
    *,
    chance: float,
    runs: int,
    seed: int,
    chart: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """
    Simulate canaries under a policy: what is detected, how soon, and how often for nothing.

    Errors of the new version are twice and five times those of the stable one, or 5 and 50
    percentage points more; beside the verdict the same is asked of static alarms. Exits 0.

    \b
    Examples:
      canary simulate --calls-per-minute 600 --error-rate 0.001
      canary simulate --from checkout --share 50 --minutes 30
      canary simulate --request release.json --calls-per-minute 60 --json
      canary simulate --calls-per-minute 6000 --chart detection.svg
    """
    asked = scenario.of(**flags)
    console = screen.console(stderr=as_json)
    with Progress(*_COLUMNS, console=console, transient=True) as progress:
        total = runs * (1 + len(REGRESSIONS)) + len(REGRESSIONS) * len(SHARES)
        task = progress.add_task("simulating canaries", total=total)
        found = forecast.outlooks(asked.setting, runs, seed, lambda: progress.advance(task))
        needed: Needed = {}
        for change in REGRESSIONS:
            for share in SHARES:
                needed[change.name, share] = forecast.needed_minutes(
                    asked.setting, change, share, chance, max(20, runs // 2), seed
                )
                progress.advance(task)
    if chart:
        _draw(asked, found, chart)
    how: How = {"runs": runs, "seed": seed, "chance": chance}
    if as_json:
        screen.document(outlook.document(asked, found, needed) | how)
    else:
        outlook.tell(console, asked, found, needed, how)


def _draw(asked: Scenario, found: list[Outlook], file: Path) -> None:
    from canary.simulation import chart  # altair takes a second

    chart.save(asked.setting, found, file)
