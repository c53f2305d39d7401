"""SignPackage: one signing job, started once however often the step is repeated."""

from __future__ import annotations

import time

from msgspec.structs import replace

from release import record
from release.aws import s3, signer
from release.errors import SigningFailedError
from release.plan import Plan, Signing, State

_POLL_SECONDS = 5
_DEADLINE_SECONDS = 15 * 60


def sign(state: State) -> Signing:
    """Start the job or look after it; the signed object's key and version are read back."""
    plan = state.plan
    if plan.source.is_signed:
        return _signed_before(plan)
    release = record.get(plan.release)
    signing = state.signing
    if signing is None or signing.job_id in release.failed_signing_jobs:
        # The token makes repeats find the same job, and a redrive after a failed job start another.
        token = f"{plan.release}-{len(release.failed_signing_jobs)}"
        signing = _progress(
            signer.start_job(plan.code_signing.profile, _source(plan), _prefix(plan), token),
            int(time.time()),
        )
    job = signer.get_job(signing.job_id)
    if job.status == "Succeeded":
        return _signed(plan, signing, job)
    if job.status == "Failed":
        record.note_failed_job(release, job.id)
        raise SigningFailedError(
            f"signing job {job.id} failed: {job.reason or 'no reason given'}. Redrive the "
            "execution to try another job."
        )
    if time.time() - signing.started_at > _DEADLINE_SECONDS:
        raise SigningFailedError(
            f"signing job {job.id} is still {job.status} after {_DEADLINE_SECONDS // 60} minutes. "
            "Redrive the execution to look again."
        )
    return signing


def _signed_before(plan: Plan) -> Signing:
    """The job and the object of the stable version, whose code is released again."""
    source = plan.source
    result = replace(
        _progress(source.signing_job, plan.planned_at),
        status="SUCCEEDED",
        wait_seconds=0,
        bucket=source.bucket,
        key=source.key,
        version=source.version,
    )
    record.note_signing(plan.release, result)
    return result


def _signed(plan: Plan, signing: Signing, job: signer.Job) -> Signing:
    signed = s3.head(job.bucket, job.key)
    if signed is None:
        raise SigningFailedError(f"signing job {job.id} succeeded, but its object is not there")
    result = replace(
        signing,
        status="SUCCEEDED",
        wait_seconds=0,
        bucket=signed.bucket,
        key=signed.key,
        version=signed.version,
    )
    record.note_signing(plan.release, result)
    return result


def _progress(job_id: str, started_at: int) -> Signing:
    return Signing(
        status="IN_PROGRESS", wait_seconds=_POLL_SECONDS, job_id=job_id, started_at=started_at
    )


def _source(plan: Plan) -> dict[str, str]:
    return {
        "bucket": plan.source.bucket,
        "key": plan.source.key,
        "version": plan.source.version,
    }


def _prefix(plan: Plan) -> str:
    return f"signed/{plan.function}/"
