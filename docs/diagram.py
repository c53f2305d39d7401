"""
The picture of the release machine, drawn from its definition.

`python docs/diagram.py` puts it into README.md between its two marks; a test holds it there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_MARKED = re.compile(r"(<!-- picture -->\n).*?(<!-- /picture -->)", re.S)


def mermaid(machine: dict[str, Any]) -> str:
    """The machine's Tasks and ends as a Mermaid state diagram; Choices and Waits become arrows."""
    states = machine["States"]
    lines = ["stateDiagram-v2", "    direction LR", f"    [*] --> {machine['StartAt']}"]
    for name, state in states.items():
        if state["Type"] in {"Choice", "Wait"}:
            continue
        lines += [f"    {name} --> {arrow}" for arrow in _arrows(name, state, states)]
    return "\n".join(dict.fromkeys(lines))


def with_picture(readme: str) -> str:
    """The README with the picture of the machine as it is now."""
    machine = json.loads((ROOT / "statemachine" / "release.asl.json").read_text())
    return _MARKED.sub(rf"\1```mermaid\n{mermaid(machine)}\n```\n\2", readme)


def _arrows(name: str, state: dict[str, Any], states: dict[str, Any]) -> list[str]:
    arrows = _targets(state.get("Next"), "", states)
    for catcher in state.get("Catch", []):
        everything = catcher["ErrorEquals"] == ["States.ALL"]
        label = "any other error" if everything else "the world has changed"
        arrows += _targets(catcher["Next"], label, states)
    return [f"{name}: again" if arrow.startswith(f"{name} ") else arrow for arrow in arrows]


def _targets(name: str | None, label: str, states: dict[str, Any]) -> list[str]:
    """Where one goes from here, through Choices and Waits, with what decides."""
    if name is None:
        return []
    state = states[name]
    if state["Type"] == "Wait":
        return _targets(state["Next"], label or f"every {_every(state)}", states)
    if state["Type"] != "Choice":
        return [f"{name} : {label}" if label else name]
    found = []
    for rule in state["Choices"]:
        value = rule.get("StringEquals", "dry run" if rule.get("BooleanEquals") else "")
        found += _targets(rule["Next"], str(value).lower().replace("_", " "), states)
    return found + _targets(state["Default"], "otherwise", states)


def _every(state: dict[str, Any]) -> str:
    return "turn" if "SecondsPath" in state else f"{state['Seconds']} s"


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(with_picture(path.read_text()))
