"""AWS Signer: the profile and its jobs."""

from __future__ import annotations

from typing import Any

import msgspec
from botocore.exceptions import ClientError

from release.aws import failures
from release.aws.clients import client


class Profile(msgspec.Struct, frozen=True, rename="camel"):
    """A signing profile in its current version."""

    name: str
    status: str
    version_arn: str


class Job(msgspec.Struct, frozen=True, rename="camel"):
    """A signing job; `bucket` and `key` name the signed object once it has succeeded."""

    id: str
    status: str
    reason: str
    bucket: str
    key: str
    is_revoked: bool = False


def get_profile(name: str) -> Profile | None:
    """The profile, or None where there is none of that name."""
    try:
        found = client("signer").get_signing_profile(profileName=name)
    except ClientError as error:
        if failures.code(error) == "ResourceNotFoundException":
            return None
        raise
    return Profile(name, found["status"], found["profileVersionArn"])


def start_job(profile: str, source: dict[str, str], prefix: str, token: str) -> str:
    """Sign an object version into the same bucket; the same token gives the same job's id."""
    answer = client("signer").start_signing_job(
        profileName=profile,
        source={
            "s3": {
                "bucketName": source["bucket"],
                "key": source["key"],
                "version": source["version"],
            }
        },
        destination={"s3": {"bucketName": source["bucket"], "prefix": prefix}},
        clientRequestToken=token,
    )
    return str(answer["jobId"])


def get_job(job_id: str) -> Job:
    """The job as it is now."""
    found: dict[str, Any] = client("signer").describe_signing_job(jobId=job_id)
    signed = found.get("signedObject", {}).get("s3", {})
    return Job(
        id=job_id,
        status=found["status"],
        reason=found.get("statusReason", ""),
        bucket=signed.get("bucketName", ""),
        key=signed.get("key", ""),
        is_revoked="revocationRecord" in found,
    )
