"""AWS's service authorization data: which types of resource an action acts on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("authorization.json")


class UnknownActionError(NotImplementedError):
    """The embedded AWS cannot check a call of this action."""


def resource_types(action: str) -> list[str]:
    """The types of resource that an action names; none where it acts on `*`."""
    types = _data().get(action.lower())
    if types is None:
        raise UnknownActionError(
            f"the embedded AWS's IAM knows no action {action}: name the operation's action in "
            f"canary/localaws/iam/actions.py, or add its service to {DATA.name}"
        )
    return types


@cache
def _data() -> dict[str, list[str]]:
    data: dict[str, list[str]] = json.loads(DATA.read_text())
    return data
