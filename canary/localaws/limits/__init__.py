"""
What AWS refuses whatever is in the account: calls that the API's model does not allow, that are too
large, and, when switched on, that come too often.
"""

from __future__ import annotations

from canary.localaws.account import LocalAws
from canary.localaws.limits import quotas, throttling, validation
from canary.localaws.limits.throttling import count

__all__ = ["count", "install"]


def install(aws: LocalAws) -> None:
    """Check each call against the model, then against the quotas; keep to rates if asked."""
    aws.checks += [validation.check, quotas.check]
    throttling.install(aws)
