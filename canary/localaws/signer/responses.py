"""The API of AWS Signer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.signer.responses import SignerResponse as MotoSignerResponse

from canary.localaws.signer.entities import Revocation, SigningJob, SigningProfile
from canary.localaws.signer.exceptions import ValidationException
from canary.localaws.signer.models import PLATFORM, PLATFORM_NAME, SignerBackend

LONGEST_PAGE = 25


class SignerResponse(MotoSignerResponse):
    """Reads the parameters of each operation and shapes its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.automated_parameter_parsing = True

    @property
    def _backend(self) -> SignerBackend:
        return cast(SignerBackend, self.signer_backend)

    def put_signing_profile(self) -> ActionResult:  # type: ignore[override]
        profile = self._backend.put_signing_profile(
            profile_name=self._get_param("profileName"),
            signature_validity_period=self._get_param("signatureValidityPeriod"),
            platform_id=self._get_param("platformId"),
            signing_material=self._get_param("signingMaterial"),
            tags=self._get_param("tags"),
        )
        return ActionResult(profile.to_dict(full=False))

    def get_signing_profile(self) -> ActionResult:  # type: ignore[override]
        profile = self._backend.get_signing_profile(
            self._get_param("profileName"), self._get_param("profileOwner")
        )
        return ActionResult(
            _profile(profile) | {"revocationRecord": _profile_revocation(profile.revocation)}
        )

    def cancel_signing_profile(self) -> ActionResult:  # type: ignore[override]
        self._backend.cancel_signing_profile(self._get_param("profileName"))
        return EmptyResult()

    def list_signing_profiles(self) -> ActionResult:
        profiles = self._backend.list_signing_profiles(
            include_canceled=bool(self._get_param("includeCanceled", False)),
            platform_id=self._get_param("platformId"),
            statuses=self._get_param("statuses", []),
        )
        return self._page("profiles", [_profile(profile) for profile in profiles])

    def revoke_signing_profile(self) -> ActionResult:
        self._backend.revoke_signing_profile(
            self._get_param("profileName"),
            self._get_param("profileVersion"),
            self._get_param("reason"),
            _aware(self._get_param("effectiveTime")),
        )
        return EmptyResult()

    def start_signing_job(self) -> ActionResult:
        job = self._backend.start_signing_job(
            source=self._get_param("source", {}),
            destination=self._get_param("destination", {}),
            profile_name=self._get_param("profileName"),
            client_request_token=self._get_param("clientRequestToken"),
            profile_owner=self._get_param("profileOwner"),
        )
        return ActionResult({"jobId": job.id, "jobOwner": self.current_account})

    def describe_signing_job(self) -> ActionResult:
        job = self._backend.describe_signing_job(self._get_param("jobId"))
        more = {
            "completedAt": job.completed_at,
            "requestedBy": job.requested_by,
            "statusReason": job.reason,
            "revocationRecord": _job_revocation(job.revocation),
        }
        return ActionResult(_job(job, self.current_account) | more)

    def list_signing_jobs(self) -> ActionResult:
        wanted = [
            _job(job, self.current_account) | {"isRevoked": job.revocation is not None}
            for job in self._backend.jobs.values()
            if self._is_wanted(job)
        ]
        return self._page("jobs", wanted)

    def _page(self, name: str, items: list[dict[str, Any]]) -> ActionResult:
        token = self._get_param("nextToken", "0")
        if not token.isdecimal():
            raise ValidationException("The pagination token is not valid.")
        start = int(token)
        end = start + self._get_param("maxResults", LONGEST_PAGE)
        return ActionResult(
            {name: items[start:end], "nextToken": str(end) if end < len(items) else None}
        )

    def _is_wanted(self, job: SigningJob) -> bool:
        revoked = self._get_param("isRevoked")
        before, after = (
            self._get_param("signatureExpiresBefore"),
            self._get_param("signatureExpiresAfter"),
        )
        return (
            self._get_param("status") in (None, job.status)
            and self._get_param("platformId") in (None, PLATFORM)
            and self._get_param("requestedBy") in (None, job.requested_by)
            and self._get_param("jobInvoker") in (None, self.current_account)
            and (revoked is None or revoked == (job.revocation is not None))
            and (before is None or job.expires_at < _aware(before))
            and (after is None or job.expires_at > _aware(after))
        )

    def revoke_signature(self) -> ActionResult:
        self._backend.revoke_signature(self._get_param("jobId"), self._get_param("reason"))
        return EmptyResult()


def _profile(profile: SigningProfile) -> dict[str, Any]:
    shown: dict[str, Any] = profile.to_dict()
    del shown["signingMaterial"]
    return shown


def _job(job: SigningJob, account: str) -> dict[str, Any]:
    signed = {"s3": {"bucketName": job.destination["bucketName"], "key": job.signed_key}}
    return {
        "jobId": job.id,
        "source": {"s3": job.source},
        "signedObject": signed if job.status == "Succeeded" else None,
        "platformId": PLATFORM,
        "platformDisplayName": PLATFORM_NAME,
        "profileName": job.profile.name,
        "profileVersion": job.profile.profile_version,
        "createdAt": job.created_at,
        "signatureExpiresAt": job.expires_at,
        "status": job.status,
        "jobOwner": account,
        "jobInvoker": account,
    }


def _job_revocation(revocation: Revocation | None) -> dict[str, Any] | None:
    if revocation is None:
        return None
    return {
        "reason": revocation.reason,
        "revokedAt": revocation.revoked_at,
        "revokedBy": revocation.revoked_by,
    }


def _profile_revocation(revocation: Revocation | None) -> dict[str, Any] | None:
    if revocation is None:
        return None
    return {
        "revocationEffectiveFrom": revocation.effective_from,
        "revokedAt": revocation.revoked_at,
        "revokedBy": revocation.revoked_by,
    }


def _aware(moment: datetime) -> datetime:
    """The parsed timestamp, which moto leaves without a zone, in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
