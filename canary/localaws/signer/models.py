"""Signing profiles and signing jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.moto_api._internal import mock_random
from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeBucket, s3_backends
from moto.signer.models import SignerBackend as MotoSignerBackend

from canary.localaws import events
from canary.localaws.account import current
from canary.localaws.signer.entities import (
    MONTHS,
    Revocation,
    SigningJob,
    SigningProfile,
    expiry,
)
from canary.localaws.signer.exceptions import ResourceNotFoundException, ValidationException
from canary.localaws.signer.signature import Statement, UnsignableError, add_signature

PLATFORM = "AWSLambda-SHA384-ECDSA"
PLATFORM_NAME = "AWS Lambda"
LONGEST_VALIDITY = {"value": 135, "type": "MONTHS"}
SECONDS_TO_SIGN = 5.0

_PROFILE_NAME = re.compile(r"[a-zA-Z0-9_]{2,64}")


class SignerBackend(MotoSignerBackend):
    """Signs Lambda deployment packages, a few seconds after it was asked to."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.signing_profiles: dict[str, SigningProfile] = {}  # type: ignore[assignment]
        self.profile_versions: dict[str, SigningProfile] = {}
        self.jobs: dict[str, SigningJob] = {}
        self._jobs_by_token: dict[str, SigningJob] = {}

    # -- profiles ----------------------------------------------------------------------------------

    def put_signing_profile(
        self,
        profile_name: str,
        signature_validity_period: dict[str, Any] | None,
        platform_id: str,
        signing_material: dict[str, str] | None,
        tags: dict[str, str] | None,
    ) -> SigningProfile:
        _require(bool(_PROFILE_NAME.fullmatch(profile_name)), "Invalid profile name.")
        _require(platform_id == PLATFORM, f"Platform {platform_id} is not supported.")
        _require(
            signing_material is None, f"signing material is not allowed for platform {PLATFORM}."
        )
        if signature_validity_period is not None:
            _check_validity(signature_validity_period)
        existing = self.signing_profiles.get(profile_name)
        _require(
            existing is None or existing.status == "Active",
            f"Profile {profile_name} exists and is not active.",
        )
        profile = SigningProfile(
            self, profile_name, platform_id, {}, signature_validity_period or LONGEST_VALIDITY
        )
        self.signing_profiles[profile_name] = profile
        self.profile_versions[profile.profile_version_arn] = profile
        self.tag_resource(profile.arn, tags or {})
        return profile

    def get_signing_profile(
        self, profile_name: str, profile_owner: str | None = None
    ) -> SigningProfile:
        found = self.signing_profiles.get(profile_name)
        if found is None or profile_owner not in (None, self.account_id):
            raise ResourceNotFoundException(f"Profile {profile_name} not found.")
        return found

    def cancel_signing_profile(self, profile_name: str) -> None:
        self.get_signing_profile(profile_name).cancel()

    def list_signing_profiles(
        self,
        include_canceled: bool = False,
        platform_id: str | None = None,
        statuses: Sequence[str] = (),
    ) -> list[SigningProfile]:
        return [
            profile
            for profile in self.signing_profiles.values()
            if (profile.status != "Canceled" or include_canceled or "Canceled" in statuses)
            and platform_id in (None, profile.platform_id)
            and (not statuses or profile.status in statuses)
        ]

    def revoke_signing_profile(
        self, profile_name: str, profile_version: str, reason: str, effective_time: datetime
    ) -> None:
        arn = f"{self.get_signing_profile(profile_name).arn}/{profile_version}"
        if arn not in self.profile_versions:
            raise ResourceNotFoundException(f"Profile version {arn} not found.")
        _require(effective_time <= _now(), "The effective time must be in the past.")
        profile = self.profile_versions[arn]
        profile.status = "Revoked"
        profile.revocation = self._revocation(reason, effective_time)

    # -- jobs --------------------------------------------------------------------------------------

    def start_signing_job(
        self,
        source: Mapping[str, Mapping[str, str]],
        destination: Mapping[str, Mapping[str, str]],
        profile_name: str,
        client_request_token: str,
        profile_owner: str | None = None,
    ) -> SigningJob:
        if client_request_token in self._jobs_by_token:
            return self._jobs_by_token[client_request_token]
        _require(bool(client_request_token), "clientRequestToken should not be empty")
        profile = self.get_signing_profile(profile_name, profile_owner)
        _require(profile.status == "Active", f"Profile {profile_name} is not active.")
        self._check_source(source.get("s3", {}))
        self._bucket("destination", destination.get("s3", {}))
        job = self._new_job(profile, source["s3"], destination["s3"])
        self.jobs[job.id] = self._jobs_by_token[client_request_token] = job
        current().clock.after(SECONDS_TO_SIGN, self._sign, job, name=f"sign {job.id}")
        return job

    def describe_signing_job(self, job_id: str) -> SigningJob:
        if job_id not in self.jobs:
            raise ResourceNotFoundException(f"Signing job {job_id} not found.")
        return self.jobs[job_id]

    def revoke_signature(self, job_id: str, reason: str) -> None:
        job = self.describe_signing_job(job_id)
        _require(job.status == "Succeeded", f"Signing job {job_id} has no signature to revoke.")
        job.revocation = self._revocation(reason, _now())

    def _check_source(self, source: Mapping[str, str]) -> None:
        for member in ("bucketName", "key", "version"):
            _require(
                bool(source.get(member)),
                f"StartSigningJobRequest:source:{member} should not be empty",
            )
        bucket = self._bucket("source", source)
        _require(
            bucket.versioning_status == "Enabled",
            f"Versioning is not enabled for the source bucket {bucket.name}.",
        )
        if self._read(source) is None:
            raise ResourceNotFoundException(
                f"Version {source['version']} of {source['key']} not found in {bucket.name}."
            )

    def _bucket(self, role: str, location: Mapping[str, str]) -> FakeBucket:
        name = location.get("bucketName")
        _require(bool(name), f"StartSigningJobRequest:{role}:bucketName should not be empty")
        try:
            bucket: FakeBucket = self._s3.get_bucket(name)
        except MissingBucket:
            raise ResourceNotFoundException(f"Bucket {name} not found.") from None
        _require(
            bucket.region_name == self.region_name,
            f"The {role} bucket {name} is not in {self.region_name}.",
        )
        return bucket

    def _new_job(
        self, profile: SigningProfile, source: Mapping[str, str], destination: Mapping[str, str]
    ) -> SigningJob:
        id_ = str(mock_random.uuid4())
        return SigningJob(
            id=id_,
            arn=f"arn:{self.partition}:signer:{self.region_name}:{self.account_id}:/signing-jobs/{id_}",
            profile=profile,
            source=source,
            destination=destination,
            created_at=_now(),
            expires_at=expiry(_now(), profile.signature_validity_period),
            requested_by=self._root,
        )

    def _sign(self, job: SigningJob) -> None:
        """Ends the job: with the signed archive in place, or with the reason why there is none."""
        statement = Statement(
            job.profile.profile_version_arn,
            job.arn,
            job.created_at.timestamp(),
            job.expires_at.timestamp(),
        )
        archive = self._read(job.source)
        try:
            if archive is None:
                raise UnsignableError("The source object no longer exists.")
            signed = add_signature(archive, statement, current().seed)
            self._s3.put_object(job.destination["bucketName"], job.signed_key, signed)
            job.status, job.reason = "Succeeded", "Signing Succeeded"
        except UnsignableError as error:
            job.status, job.reason = "Failed", str(error)
        except MissingBucket:
            job.status, job.reason = "Failed", "The destination bucket no longer exists."
        job.completed_at = _now()
        self._announce(job)

    def _announce(self, job: SigningJob) -> None:
        destination = {"bucketName": job.destination["bucketName"], "key": job.signed_key}
        detail = {
            "job_id": job.id,
            "destination": destination,
            "source": dict(job.source),
            "platform": PLATFORM,
            "status": job.status,
        }
        events.publish("aws.signer", "Signer Job Status Change", detail, [job.arn])

    # -- parts -------------------------------------------------------------------------------------

    @property
    def _s3(self) -> Any:
        return s3_backends[self.account_id][self.partition]

    @property
    def _root(self) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    def _read(self, source: Mapping[str, str]) -> bytes | None:
        found = self._s3.get_object(source["bucketName"], source["key"], source["version"])
        return bytes(found.value) if found is not None else None

    def _revocation(self, reason: str, effective_from: datetime) -> Revocation:
        return Revocation(reason, _now(), self._root, effective_from)


def _check_validity(period: Mapping[str, Any]) -> None:
    _require(
        period.get("type") in ("DAYS", *MONTHS) and period.get("value", 0) >= 1,
        "The signature validity period must have a type and a value of at least 1.",
    )
    _require(
        expiry(_now(), period) <= expiry(_now(), LONGEST_VALIDITY),
        "The signature validity period must not exceed 135 months.",
    )


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValidationException(message)


def _now() -> datetime:
    return datetime.now(UTC)
