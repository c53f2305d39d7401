"""What a test can let go wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Faults:
    """
    What a test can let go wrong; each happens once. `stop_is_pending`: the next StopDeployment
    answers Pending and stops seconds later. `rollback_fails`: the next rollback deployment fails
    and leaves the alias. `rollback_restores`: the next one restores this version.
    """

    stop_is_pending: bool = False
    rollback_fails: bool = False
    rollback_restores: str | None = None
