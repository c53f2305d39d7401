"""ValidateRelease: find every reason not to release, then take the lock; called until it has it."""

from release import validation
from release.observability import Event, release_handler
from release.plan import parse_execution
from release.validation import Validated


@release_handler
def handler(event: Event) -> Validated:
    """Parse, validate, return the plan, or that the release waits."""
    return validation.validate(parse_execution(event), event["request"], event["startedAt"])
