"""Going back at once: the alias first, and what could have refused it is told afterwards."""

from __future__ import annotations

from release import record, restorable, targets
from release.aws import awslambda, dynamodb
from release.errors import (
    AwsUnavailableError,
    NothingToRollBackError,
    TargetNotReadyError,
)
from release.record import Release
from release.trigger import OperatorRequest


def restore(asked: OperatorRequest) -> Release:
    """
    Move the alias to the version that is asked for, else to where the last release began; three
    calls of AWS. Returns the release that is undone by it.
    """
    item = dynamodb.get(record.serving_key(asked.target))
    if item is None:
        raise NothingToRollBackError(
            f"{asked.target} has had no release. To move it all the same, type: aws lambda "
            f"update-alias --function-name {asked.function} --name {asked.alias} "
            f"--function-version {asked.version or 'N'} --routing-config "
            "AdditionalVersionWeights={}. Nothing changed."
        )
    alias, version = (
        targets.require_alias(asked.function, asked.alias),
        asked.version or item["stableVersion"],
    )
    if not alias.serves_only(version):
        _point(asked, version, alias.revision_id)
    release = record.get(item["release"])
    if release.outcome not in record.OVER or asked.version:
        return release
    return targets.to_undo(asked.target, forced=asked.force)


def doubts(asked: OperatorRequest, release: Release) -> list[str]:
    """What would have refused this request in another mode."""
    found = [_refusal(asked), _problem(asked, release)]
    return [f"done all the same: {each}" for each in found if each]


def _refusal(asked: OperatorRequest) -> str:
    try:
        targets.to_undo(asked.target)
    except NothingToRollBackError as error:
        return str(error).removesuffix(" Nothing changed.")
    return ""


def _problem(asked: OperatorRequest, release: Release) -> str:
    if asked.version in (None, release.plan.stable_version):
        return ""
    return restorable.problem(asked.function, asked.version)


def _point(asked: OperatorRequest, version: str, revision_id: str) -> None:
    try:
        awslambda.point_alias(asked.function, asked.alias, version, revision_id)
    except awslambda.PreconditionFailedError as error:
        raise AwsUnavailableError(f"{asked.target} was moved at this very moment") from error
    except awslambda.UnknownVersionError as error:
        raise TargetNotReadyError(f"{error}. Nothing changed.") from error
