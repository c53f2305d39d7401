"""ImportFindings: scan reports go to Security Hub; grave findings end the release."""

from release import findings
from release.observability import Event, release_handler
from release.plan import parse
from release.scanned import Findings


@release_handler
def handler(event: Event) -> Findings:
    """Parse, import, return what was found."""
    return findings.import_findings(*parse(event))
