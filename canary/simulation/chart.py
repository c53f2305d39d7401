"""When canaries are detected, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import altair as alt

from canary.simulation.forecast import Outlook, Setting


def save(setting: Setting, found: Sequence[Outlook], file: Path) -> None:
    """Write the shares that are rolled back by the end of each minute as SVG."""
    canary = len(setting.shares)
    points = [
        {
            "minute": minute,
            "share": times.share_by(minute),
            "version": each.change.name,
            "judge": judge,
        }
        for each in found
        for judge, times in (("verdict", each.verdict), ("alarms", each.alarms))
        for minute in range(canary + setting.bake_minutes + 1)
    ]
    names = [each.change.name for each in found]
    lines = (
        alt.Chart({"values": points}, title="New versions rolled back by the end of a minute")
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("minute:Q", title="minute (the canary ends at the grey line)"),
            y=alt.Y("share:Q", title="rolled back").axis(format="%").scale(domain=[0, 1]),
            color=alt.Color("version:N", title="new version", sort=names),
            strokeDash=alt.StrokeDash("judge:N", title="by", sort=["verdict", "alarms"]),
        )
        .properties(width=480, height=280)
    )
    end = alt.Chart({"values": [{"minute": canary}]}).mark_rule(color="#999")
    chart = end.encode(x="minute:Q") + lines
    chart.save(str(file), format="svg")
