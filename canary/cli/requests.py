"""Request files, as `--request` names them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from canary.cli.failures import UserError


def read(file: Path) -> dict[str, Any]:
    """The request in the file; a UserError where it holds none."""
    try:
        body = json.loads(file.read_text())
    except ValueError as error:
        raise UserError(f"{file} is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise UserError(f"{file} holds no JSON object, but a request is one.")
    return body
