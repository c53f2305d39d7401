"""PublishVersion: publish the signed package as an immutable version; called until it is active."""

from release import publishing
from release.observability import Event, release_handler
from release.plan import Publication, parse


@release_handler
def handler(event: Event) -> Publication:
    """Parse, take the next step, return how far it is."""
    return publishing.publish(*parse(event))
