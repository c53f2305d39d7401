"""ProbeVersion: send the new version the release's test events before any user meets it."""

from release import probing
from release.observability import Event, release_handler
from release.plan import Probed, parse


@release_handler
def handler(event: Event) -> Probed:
    """Parse, probe, return how it answered."""
    return probing.probe(*parse(event))
