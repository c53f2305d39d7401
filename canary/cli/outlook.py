"""How a forecast looks: for people, and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from canary.cli.scenario import Scenario
from canary.simulation.forecast import REGRESSIONS, SHARES, Outlook, Times
from canary.simulation.schedules import LONGEST_MINUTES
from canary.simulation.traffic import HEALTHY

Needed: TypeAlias = dict[tuple[str, float], int | None]
"""Minutes that a canary must last, by the change's name and the canary's share."""

How: TypeAlias = dict[str, float]
"""`runs`, `seed` and the `chance` with which a needed canary detects."""


def tell(
    console: Console, asked: Scenario, found: Sequence[Outlook], needed: Needed, how: How
) -> None:
    """What is simulated, what becomes of it, and what would be needed."""
    for name, value in _lines(asked).items():
        console.print(f"[dim]{name:8}[/] {escape(value)}", soft_wrap=True)
    console.print(f"\n[bold]rolled back[/], of {how['runs']} simulated canaries each")
    console.print(_outlooks(asked, found))
    healthy = found[0]
    minutes = len(asked.setting.shares)
    console.print(
        f"Evidence speaks for {_share(healthy.shown.share_by(minutes))} of healthy canaries before "
        "their last shift; the others are left to the policy (onInconclusive).",
        soft_wrap=True,
    )
    console.print(f"\n[bold]minutes needed[/] to detect with {how['chance']:.0%} chance, by share")
    console.print(_needed(needed))


def document(asked: Scenario, found: Sequence[Outlook], needed: Needed) -> dict[str, object]:
    """The forecast, for machines; shares are 0 to 1, and null minutes are never."""
    setting = asked.setting
    minutes, end = len(setting.shares), len(setting.shares) + setting.bake_minutes
    return {
        "schema": 1,
        "source": asked.source,
        "callsPerMinute": setting.traffic.calls_per_minute,
        "errorRate": setting.traffic.error_rate,
        "latencySpread": setting.traffic.spread,
        "burst": setting.rules.burst,
        "canaryShares": list(setting.shares),
        "bakeMinutes": setting.bake_minutes,
        "evidenceThreshold": asked.policy.evidence_threshold,
        "alarms": {alarm.name: str(alarm) for alarm in setting.alarms},
        "notSimulated": list(asked.left_out),
        "healthyShown": found[0].shown.share_by(minutes),
        "outlooks": {
            each.change.name: {
                "verdict": _times(each.verdict, minutes, end),
                "alarms": _times(each.alarms, minutes, end),
            }
            for each in found
        },
        "neededMinutes": {
            change.name: {f"{share:.0%}": needed[change.name, share] for share in SHARES}
            for change in REGRESSIONS
        },
    }


def _lines(asked: Scenario) -> Mapping[str, str]:
    setting, traffic = asked.setting, asked.setting.traffic
    first, last, minutes = setting.shares[0], setting.shares[-1], len(setting.shares)
    share = f"{first:.0%}" if first == last else f"{first:.0%} to {last:.0%}"
    alarms = "; ".join(f"{alarm.name}: {alarm}" for alarm in setting.alarms) or "none"
    left_out = f"; not simulated: {', '.join(asked.left_out)}" if asked.left_out else ""
    return {
        "traffic": f"{traffic.calls_per_minute:g} calls a minute, {traffic.error_rate:.2%} fail, "
        f"latency spread {traffic.spread:.2g} ({asked.source})",
        "canary": f"{share} for {minutes} min, then {setting.bake_minutes} min of bake",
        "policy": f"evidence threshold {asked.policy.evidence_threshold:g} : 1",
        "alarms": f"{alarms}{left_out}",
    }


def _outlooks(asked: Scenario, found: Sequence[Outlook]) -> Table:
    minutes = len(asked.setting.shares)
    end = minutes + asked.setting.bake_minutes
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("new version", no_wrap=True)
    for judge in ("verdict", "alarms"):
        for heading in ("in canary", "with bake", "median"):
            shown.add_column(f"{judge}\n{heading}", justify="right", no_wrap=True)
    for each in found:
        is_healthy = each.change is HEALTHY
        shown.add_row(
            "healthy (false rollback)" if is_healthy else f"errors {each.change.name}",
            *_columns(each.verdict, minutes, end),
            *_columns(each.alarms, minutes, end),
        )
    return shown


def _columns(times: Times, minutes: int, end: int) -> list[str]:
    median = times.median
    return [
        _share(times.share_by(minutes)),
        _share(times.share_by(end)),
        "never" if median is None else f"{median} min",
    ]


def _needed(needed: Needed) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("new version", no_wrap=True)
    for share in SHARES:
        shown.add_column(f"{share:.0%}", justify="right", no_wrap=True)
    for change in REGRESSIONS:
        lengths = [_length(needed[change.name, share]) for share in SHARES]
        shown.add_row(f"errors {change.name}", *lengths)
    return shown


def _length(minutes: int | None) -> str:
    return f"over {LONGEST_MINUTES // 1440} days" if minutes is None else f"{minutes} min"


def _share(of: float) -> str:
    return f"{of:.1%}"


def _times(times: Times, minutes: int, end: int) -> dict[str, object]:
    return {
        "inCanary": times.share_by(minutes),
        "withBake": times.share_by(end),
        "medianMinute": times.median,
    }
