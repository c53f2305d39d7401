"""The two plots of docs/verdict.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

from bench.verdict import cells
from bench.verdict.running import JUDGES, Results

_LONGEST = 60.0
_COMPARED = JUDGES[:2]
_COLOURS = ["#1b7837", "#d6604d", "#f4a582", "#7570b3"]


def save(results: Results, directory: Path) -> None:
    """Write both as SVG."""
    _false_rollbacks(results).save(directory / "verdict-false-rollback.svg")
    _detection(results).save(directory / "verdict-detection.svg")


def _false_rollbacks(results: Results) -> Any:
    """Share of healthy canaries that are rolled back, by traffic; mean over error rates."""
    points = []
    for rate in cells.RATES:
        at = [
            cell
            for cell in cells.HEALTHY_CELLS
            if cell.traffic.calls_per_minute == rate * 60 and cell.shares == cells.TENTH
        ]
        for judge in JUDGES:
            found = [results[cell][judge] for cell in at]
            share = sum(each.ever for each in found) / sum(each.trials for each in found)
            points.append({"rate": rate, "judge": judge, "share": share})
    return (
        alt.Chart({"values": points}, title="Healthy canaries rolled back within 10 minutes")
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("rate:Q", title="calls per second", scale=alt.Scale(type="log")).axis(
                values=list(cells.RATES), format="d"
            ),
            y=alt.Y("share:Q", title="rolled back").axis(format="%"),
            color=_by_judge(JUDGES),
        )
        .properties(width=460, height=260)
    )


def _detection(results: Results) -> Any:
    """Median minutes to roll back beside the limit, for canaries that get a tenth of the calls."""
    points = [
        {
            "limit": max(0.01, cell.bound),
            "judge": judge,
            "minutes": min(_LONGEST, results[cell][judge].median),
        }
        for cell in cells.DETECTED_CELLS
        if cell.shares[0] == cells.TENTH[0]
        for judge in _COMPARED
        if not cell.is_red_anyhow(judge)
    ]
    line = [{"limit": limit, "minutes": max(1, math.ceil(limit))} for limit in _limits()]
    axis = alt.X(
        "limit:Q",
        title="theoretical limit, minutes",
        scale=alt.Scale(type="log", domain=[0.01, _LONGEST]),
    )
    minutes = alt.Y("minutes:Q", title="median minutes to roll back").scale(
        type="log", domain=[0.9, _LONGEST]
    )
    best = (
        alt.Chart({"values": line})
        .mark_line(color="#888", strokeDash=[4, 3], interpolate="step-after")
        .encode(x=axis, y=minutes)
    )
    shown = (
        alt.Chart(
            {"values": points},
            title=alt.Title(
                "Minutes to roll back, beside the limit",
                subtitle="dashed: the limit in whole minutes; without alarms that are red anyhow",
            ),
        )
        .mark_point(filled=True, size=45, opacity=0.75)
        .encode(x=axis, y=minutes, color=_by_judge(_COMPARED))
        .properties(width=460, height=300)
    )
    return best + shown


def _limits() -> list[float]:
    return [0.01 * 1.05**step for step in range(179)]


def _by_judge(judges: Sequence[str]) -> alt.Color:
    scale = alt.Scale(domain=list(judges), range=_COLOURS[: len(judges)])
    return alt.Color("judge:N", title=None, scale=scale)
