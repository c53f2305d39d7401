"""PromoteVersion: end the canary early, by evidence; called until the alias is whole."""

from release import promoting
from release.observability import Event, release_handler
from release.plan import Promotion, parse


@release_handler
def handler(event: Event) -> Promotion:
    """Parse, promote, return how far it is."""
    _, state = parse(event)
    return promoting.promote(state)
