"""AWS Signer for Lambda packages: profiles, jobs, and signatures that tampering breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from moto.signer.models import signer_backends

from canary.localaws.account import LocalAws, current
from canary.localaws.signer.models import SignerBackend
from canary.localaws.signer.signature import Statement, TamperedError, read_signature

__all__ = ["Signature", "TamperedError", "install", "signature_of"]


@dataclass(frozen=True)
class Signature:
    """The signature of an archive whose content is as it was signed."""

    profile_version_arn: str
    job_arn: str
    expires_at: datetime
    revoked: bool


def install(aws: LocalAws) -> None:
    """Let moto answer for Signer with our backend."""
    aws.extend(signer_backends, SignerBackend)


def signature_of(archive: bytes) -> Signature | None:
    """The archive's signature, or None; raises TamperedError if it does not hold."""
    aws = current()
    statement = read_signature(archive, aws.seed)
    if statement is None:
        return None
    return Signature(
        statement.profile_version_arn,
        statement.job_arn,
        datetime.fromtimestamp(statement.expires_at, UTC),
        _is_revoked(aws.backend(signer_backends), statement),
    )


def _is_revoked(backend: SignerBackend, statement: Statement) -> bool:
    job = backend.jobs.get(statement.job_arn.rpartition("/")[2])
    if job is not None and job.revocation is not None:
        return True
    profile = backend.profile_versions.get(statement.profile_version_arn)
    revocation = profile.revocation if profile is not None else None
    return revocation is not None and statement.signed_at >= revocation.effective_from.timestamp()
