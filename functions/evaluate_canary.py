"""EvaluateCanary: one look at the canary, one verdict; called each minute until it is decided."""

from release import evaluation
from release.observability import Event, release_handler
from release.plan import Canary, parse


@release_handler
def handler(event: Event) -> Canary:
    """Parse, evaluate, return the verdict."""
    _, state = parse(event)
    return evaluation.evaluate(state)
