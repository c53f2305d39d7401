"""How a release or a rollback ended, as Markdown for the page of a CI job."""

from __future__ import annotations

from pathlib import Path

from canary.cli import following
from canary.cli.following import Target
from canary.cli.watch import End


def add(file: Path, target: Target, execution_arn: str, end: End) -> None:
    """Append it; the file may hold what other steps of the job said."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text(target, execution_arn, end))


def text(target: Target, execution_arn: str, end: End) -> str:
    """Outcome and reason, a table, and where the execution is."""
    outcome = following.outcome_of(end)
    word = outcome if outcome != "failed" or not end.error else end.error
    rows = {
        "alias": str(target),
        "versions": _versions(end),
        "time": f"{end.seconds / 60:.1f} min",
        **_plan(end),
        "execution": f"[{execution_arn.rpartition(':')[2]}]({_console(execution_arn)})",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items() if value)
    reason = f"\n{escape(end.reason)}\n" if end.reason else ""
    return f"### {target}: {word.replace('_', ' ')}\n{reason}\n| | |\n| --- | --- |\n{table}\n\n"


def _versions(end: End) -> str:
    if not end.stable_version:
        return ""
    return f"{end.stable_version} → {end.new_version or 'none'}"


def _plan(end: End) -> dict[str, str]:
    """What a dry run found out."""
    if end.outcome != "planned":
        return {}
    traffic, policy = end.plan["traffic"], end.plan["policy"]
    return {
        "versions": f"{end.stable_version} → the next",
        "traffic": f"{traffic['config']}, {traffic['minutes']} min",
        "then": f"{policy['bakeMinutes']} min of bake, {policy['guardMinutes']} min of guard",
        "alarms": ", ".join(end.plan["alarms"]),
        "warnings": escape("; ".join(end.plan["warnings"]) or "none"),
    }


def escape(value: str) -> str:
    """What AWS or a request said stays text: no row, no link, no tag is made of it."""
    escaped = "".join(f"\\{each}" if each in "\\`*_[]<>|" else each for each in value)
    return " ".join(escaped.split())


def _console(execution_arn: str) -> str:
    region = execution_arn.split(":")[3]
    page = f"https://{region}.console.aws.amazon.com/states/home?region={region}"
    return f"{page}#/v2/executions/details/{execution_arn}"
