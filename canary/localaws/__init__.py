"""The embedded AWS: moto plus what it lacks, on a virtual clock."""

from canary.localaws.account import ACCOUNT, REGION, LocalAws, current

__all__ = ["ACCOUNT", "REGION", "LocalAws", "current"]
