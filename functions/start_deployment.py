"""StartDeployment: last checks, then let CodeDeploy shift traffic; adopts its own deployment."""

from release import deploying
from release.observability import Event, release_handler
from release.plan import Deployment, parse


@release_handler
def handler(event: Event) -> Deployment:
    """Parse, start or adopt, return the deployment."""
    return deploying.start(*parse(event))
