"""SignPackage: have AWS Signer sign the package; started once, called until it has ended."""

from release import signing
from release.observability import Event, release_handler
from release.plan import Signing, parse


@release_handler
def handler(event: Event) -> Signing:
    """Parse, sign, return the job's progress."""
    _, state = parse(event)
    return signing.sign(state)
