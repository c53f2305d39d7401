"""What Signer keeps: versions of profiles, jobs, revocations."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.signer.models import SigningProfile as MotoSigningProfile

MONTHS = {"MONTHS": 1, "YEARS": 12}


@dataclass(frozen=True)
class Revocation:
    """
    When, by whom and why signatures stopped being valid: that of a job, or those that a profile
    version made since `effective_from`.
    """

    reason: str
    revoked_at: datetime
    revoked_by: str
    effective_from: datetime


class SigningProfile(MotoSigningProfile):
    """One version of a signing profile."""

    revocation: Revocation | None = None


@dataclass
class SigningJob:
    """One signing of one archive."""

    id: str
    arn: str
    profile: SigningProfile
    source: Mapping[str, str]
    destination: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    requested_by: str
    status: str = "InProgress"
    reason: str | None = None
    completed_at: datetime | None = None
    revocation: Revocation | None = None

    @property
    def signed_key(self) -> str:
        """Where the signed archive is put."""
        return f"{self.destination.get('prefix', '')}{self.id}.zip"


def expiry(start: datetime, period: Mapping[str, Any]) -> datetime:
    """When a signature made at `start` ends."""
    if period["type"] == "DAYS":
        return start + timedelta(days=period["value"])
    months = start.month - 1 + period["value"] * MONTHS[period["type"]]
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
