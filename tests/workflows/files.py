"""The workflows as they are in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PIPELINE = ROOT / ".github" / "workflows" / "lambda-cicd.yml"


def read(file: Path) -> Any:
    """Its content, with anchors resolved; `on` is a truth value to YAML 1.1, and stays a word."""
    content = yaml.safe_load(file.read_text())
    return {"on" if key is True else key: value for key, value in content.items()}


def block(job: str, step: str) -> str:
    """The script of one step of the pipeline."""
    steps = read(PIPELINE)["jobs"][job]["steps"]
    (script,) = [each["run"] for each in steps if each.get("name") == step]
    return str(script)
