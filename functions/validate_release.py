"""ValidateRelease: find every reason not to release, then take the lock; returns the plan."""

from release import validation
from release.observability import Event, release_handler
from release.plan import Plan, parse_execution


@release_handler
def handler(event: Event) -> Plan:
    """Parse, validate, return the plan."""
    return validation.validate(parse_execution(event), event["request"])
