"""Moves of an alias by someone outside: told once for each move, and never overwritten."""

from __future__ import annotations

from release import environment, lock, pointer, record
from release.aws import awslambda, codedeploy, dynamodb, sns
from release.aws.awslambda import Alias
from release.pointer import Pointer


def report(target: str, known: Pointer) -> None:
    """Tell it, if the alias does not serve what its last release has left, and nobody is at it."""
    function, _, name = target.partition(":")
    alias = awslambda.get_alias(function, name)
    if alias and alias.is_whole and alias.version == known.stable_version:
        return
    move = alias.revision_id if alias else "gone"
    if move == known.reported or _is_explained(target, known):
        return
    sns.publish(
        environment.read().topic_arn,
        f"alias_moved: {target}",
        _sentence(target, known, alias),
        {"id": f"{target}/moved/{move}", "outcome": "alias_moved", "function": function},
    )
    pointer.note_reported(target, move)


def _is_explained(target: str, known: Pointer) -> bool:
    """
    Whether a release or deployment accounts for it. Lock and pointer are read after the alias: a
    release that moved it before holds the one or has moved the other.
    """
    if dynamodb.get(lock.lock_key(target)) or pointer.get(target) != known:
        return True
    release = record.find(known.release)
    if release is None:
        return False
    if release.outcome == "rollback_failed":
        return True  # its own message says where the alias is
    traffic = release.plan.traffic
    return bool(codedeploy.active_deployments(traffic.application, traffic.group))


def _sentence(target: str, known: Pointer, alias: Alias | None) -> str:
    was = f"Release {known.release} left alias {target} at version {known.stable_version}"
    if alias is None:
        return f"{was}, but it is gone: someone deleted it. Nothing was changed."
    now = f"{was}, but it serves {alias}: someone moved it. It is left so"
    if alias.is_whole:
        return f"{now}, and the next release takes it as stable."
    function, _, name = target.partition(":")
    return (
        f"{now}; no release can start before it is whole: aws lambda update-alias --function-name "
        f"{function} --name {name} --function-version {alias.version} "
        "--routing-config AdditionalVersionWeights={}"
    )
