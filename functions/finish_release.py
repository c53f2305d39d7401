"""FinishRelease: store outcome and evidence, free the lock, send the one notification."""

from release import finishing
from release.finishing import Finished
from release.observability import Event, release_handler
from release.plan import parse_execution


@release_handler
def handler(event: Event) -> Finished:
    """Parse, finish, return the outcome."""
    return finishing.finish(parse_execution(event), event["state"])
