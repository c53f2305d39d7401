"""Reconcile: on a schedule, find what lost events have left, and start the way back for it."""

from release import reconciling
from release.observability import Event, release_handler
from release.reconciling import Reconciled


@release_handler
def handler(_event: Event) -> Reconciled:
    """Look at every alias that was ever released; return what was done."""
    return reconciling.reconcile()
