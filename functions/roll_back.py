"""RollBack: stop our deployment and put the alias back; called until it stays whole."""

from release import rollback
from release.observability import Event, release_handler
from release.plan import Rollback, parse_execution


@release_handler
def handler(event: Event) -> Rollback:
    """Parse, take one turn, return how far it is."""
    return rollback.turn(parse_execution(event), event["state"])
