"""Security Hub (CSPM): findings of one's own, imported, found again, updated."""

from __future__ import annotations

from moto.securityhub.models import securityhub_backends

from canary.localaws.account import LocalAws
from canary.localaws.securityhub.models import SecurityHubBackend


def install(aws: LocalAws) -> None:
    """Let moto keep findings in our backend."""
    aws.extend(securityhub_backends, SecurityHubBackend)
