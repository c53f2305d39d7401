"""One thing that AWS asks a caller's policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Keys = Mapping[str, tuple[str, ...]]
"""Condition keys, in lower case, with their values."""


@dataclass(frozen=True)
class Need:
    """One of these actions (the first is what AWS names in its answer), on this resource."""

    actions: tuple[str, ...]
    resource: str
    keys: Keys = field(default_factory=dict)
