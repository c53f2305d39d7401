"""PublishVersion: put the whole intended state into `$LATEST`, then freeze it as a version."""

from __future__ import annotations

import time
from typing import Any

from msgspec.structs import replace

from release import configuration, lock, record
from release.aws import awslambda, failures
from release.aws.awslambda import PreconditionFailedError
from release.aws.failures import ClientError
from release.errors import NothingToReleaseError, PublishFailedError, ReleaseStaleError
from release.plan import Execution, Plan, Publication, Signing, State

_POLL_SECONDS = 5
_DEADLINE_SECONDS = 15 * 60


def publish(execution: Execution, state: State) -> Publication:
    """
    One step towards the published version; call again while IN_PROGRESS.

    Each write carries the revision that was read, so a change by someone else makes the next turn
    look again instead of being overwritten unseen.
    """
    plan, signing = state.plan, state.signing
    if signing is None:
        raise ReleaseStaleError("PublishVersion needs SignPackage's result; start a new execution")
    lock.hold(plan, execution)
    before = _before(execution, state.publication)
    if time.time() - before.started_at > _DEADLINE_SECONDS:
        raise PublishFailedError(
            f"{plan.function} did not become ready in {_DEADLINE_SECONDS // 60} minutes. Look at "
            "its LastUpdateStatus, then redrive the execution."
        )
    try:
        return _step(plan, signing, before)
    except PreconditionFailedError:
        return before
    except ClientError as error:
        if failures.is_unavailable(error):
            raise
        raise _refused(plan, execution, error) from error


def _refused(plan: Plan, execution: Execution, error: ClientError) -> Exception:
    """What was signed before a redrive may have lost its signature's validity by then."""
    said = f"{plan.function}: {error.operation_name}: {failures.code(error)}: "
    said += failures.message(error)
    if execution.redrive_count and failures.code(error) == "CodeVerificationFailedException":
        return ReleaseStaleError(
            f"{said} Start a new execution with the same input: it signs anew."
        )
    return PublishFailedError(said + _advice(plan, error))


def _advice(plan: Plan, error: ClientError) -> str:
    """Code that was signed long ago may have lost its object, or its signature's validity."""
    if error.operation_name != "UpdateFunctionCode" or not plan.source.is_signed:
        return ""
    return f" This is the code of version {plan.stable_version}: give its package to sign it anew."


def _before(execution: Execution, publication: Publication | None) -> Publication:
    """What an earlier turn has reached; a redrive begins anew, for $LATEST may have changed."""
    if publication and publication.redrive_count == execution.redrive_count:
        return publication
    return Publication(
        status="IN_PROGRESS",
        wait_seconds=_POLL_SECONDS,
        started_at=int(time.time()),
        redrive_count=execution.redrive_count,
    )


def _step(plan: Plan, signing: Signing, before: Publication) -> Publication:
    if before.version:
        return _when_active(plan, before)
    latest = awslambda.get_function(plan.function) or {}
    if _is_busy(plan, latest):
        return before
    if not before.code_sha256:
        return replace(before, code_sha256=_put_code(plan, signing, latest["RevisionId"]))
    if latest["CodeSha256"] != before.code_sha256:
        raise ReleaseStaleError(
            f"someone else changed the code of {plan.function} while it was being published. "
            "Start a new execution with the same input."
        )
    stable = awslambda.get_version(plan.function, plan.stable_version)
    changes = configuration.changes(latest, configuration.intended(stable, plan.configuration))
    if changes:
        awslambda.update_configuration(plan.function, changes, latest["RevisionId"])
        return before
    return _published(plan, before, latest)


def _put_code(plan: Plan, signing: Signing, revision: str) -> str:
    """Put the signed code into `$LATEST`, unless it is there already; returns its hash."""
    if signing.key:
        code = awslambda.update_code(
            plan.function, signing.bucket, signing.key, signing.version, revision
        )
    else:
        code = awslambda.get_version(plan.function, plan.stable_version)
    return str(code["CodeSha256"])


def _is_busy(plan: Plan, latest: dict[str, Any]) -> bool:
    """Whether an update is still under way; PublishFailedError if the last one failed."""
    if latest.get("LastUpdateStatus") == "Failed":
        raise PublishFailedError(
            f"{plan.function}: the last update failed: {latest.get('LastUpdateStatusReason')}. "
            "Mend the cause, then redrive the execution."
        )
    return latest.get("LastUpdateStatus") == "InProgress" or latest.get("State") == "Pending"


def _published(plan: Plan, before: Publication, latest: dict[str, Any]) -> Publication:
    version = awslambda.publish_version(
        plan.function,
        before.code_sha256,
        latest["RevisionId"],
        plan.configuration.description or f"release {plan.release}",
    )
    if version["Version"] == plan.stable_version:
        raise NothingToReleaseError(
            f"the signed package and configuration are those of version {plan.stable_version}, "
            f"which alias {plan.target} serves already"
        )
    signed_by = version.get("SigningProfileVersionArn")
    if signed_by != plan.code_signing.profile_version_arn:
        raise PublishFailedError(
            f"version {version['Version']} of {plan.function} is signed by "
            f"{signed_by or 'nobody'}, not by {plan.code_signing.profile_version_arn}. "
            "It receives no traffic."
        )
    return _when_active(plan, replace(before, version=str(version["Version"])))


def _when_active(plan: Plan, publication: Publication) -> Publication:
    found = awslambda.get_version(plan.function, publication.version)
    if found.get("State") == "Failed":
        raise PublishFailedError(
            f"version {publication.version} of {plan.function} failed to start: "
            f"{found.get('StateReason')}"
        )
    if found.get("State") != "Active":
        return publication
    record.note_version(plan.release, publication)
    return replace(publication, status="SUCCEEDED", wait_seconds=0)
