"""Which releases are meant by what starts a rollback, and by the name of an alias."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from release import guards, pointer, record
from release.aws import awslambda, dynamodb
from release.errors import InvalidRequestError, NothingToRollBackError, TargetNotReadyError
from release.record import Release
from release.trigger import Alarm, OperatorRequest, Trigger

_OPEN = {"in_progress", "promoted"}


def meant_by(event: Trigger) -> list[Release]:
    """What RollBack would have rolled back, had it come that far."""
    if isinstance(event, OperatorRequest):
        return [to_undo(event.target, forced=event.force, version=event.version)]
    names = _guarded_by(event) if isinstance(event, Alarm) else [event.release]
    found = [record.find(name) for name in names]
    return [each for each in found if each and each.outcome in _OPEN]


def _guarded_by(alarm: Alarm) -> list[str]:
    """Of each alias, the newest release that the alarm guards."""
    newest_last = reversed(guards.guarded_by(alarm.alarm_name, alarm.at))
    return list({guard.target: guard.release for guard in newest_last}.values())


def newest(target: str) -> Release | None:
    """The release of `function:alias` that took the lock last, however it went."""
    item = dynamodb.get(record.newest_key(target))
    return record.find(item["release"]) if item else None


def serving(target: str) -> Release | None:
    """The release of `function:alias` that moved traffic last, whatever became of it."""
    item = dynamodb.get(record.serving_key(target))
    return record.find(item["release"]) if item else None


def to_undo(target: str, *, forced: bool = False, version: str | None = None) -> Release:
    """
    The release that a rollback of `function:alias` would undo: the one that moved traffic last.
    Never the one before a release that was rolled back: who asks twice does not go back twice.

    With force, also one whose guard window is over; and where the last one was rolled back, the one
    that brought what serves now, or, if a version is chosen, the last one again.

    NothingToRollBackError says why there is none, and what can be done instead.
    """
    release = serving(target) or newest(target)
    if release is None:
        raise NothingToRollBackError(f"{target} has had no release. Nothing changed.")
    if forced and release.outcome == "rolled_back":
        release = release if version else _before(release)
        if release.outcome == "rolled_back" and version:
            return release
    why = _why_not(release, forced)
    if why:
        raise NothingToRollBackError(
            f"release {release.release} of {target} {why} Nothing changed."
        )
    return release


def _before(release: Release) -> Release:
    """The release that brought what serves since this one was rolled back, if it is known."""
    earlier = record.find(pointer.get(release.plan.target).brought_by)
    return earlier if earlier and earlier.outcome == "promoted" else release


def requested_by(target: str, by: str) -> Release | None:
    """
    The release whose rollback was asked for by exactly this, if it was: when RollBack is retried,
    what its first try has changed must not refuse the second.
    """
    last = serving(target)
    for release in [last, last and _before(last)]:
        asked = release.rollback_requested if release else None
        if asked and asked.by == by:
            return release
    return None


def confirmation(alias: awslambda.Alias, release: Release) -> str:
    """
    What confirms that this release is to be undone: the versions that the alias serves, and the one
    that the release is about to bring. So what was seen before a newer release began is stale.
    """
    versions = [alias.version, *sorted(alias.weights)]
    if release.outcome == "in_progress" and release.new_version not in versions:
        versions.append(release.new_version or "?")
    return f"{release.plan.function}:{'+'.join(versions)}"


def require_confirmed(asked: OperatorRequest, alias: awslambda.Alias, release: Release) -> None:
    """The alias must serve what was confirmed, where that is asked for."""
    wanted = confirmation(alias, release)
    if asked.confirm == wanted or (asked.mode == "auto" and asked.confirm is None):
        return
    raise InvalidRequestError(
        f"mode {asked.mode} with confirm {asked.confirm!r}, but {asked.target} serves {alias}, and "
        f"release {release.release} is meant. If it is still to be rolled back, send "
        f'"confirm": "{wanted}". Nothing changed.'
    )


def require_alias(function: str, name: str) -> awslambda.Alias:
    """The alias; TargetNotReadyError where there is none."""
    alias = awslambda.get_alias(function, name)
    if alias is None:
        raise TargetNotReadyError(
            f"there is no function {function!r}, or it has no alias {name!r}, in this "
            "account and region. Nothing changed."
        )
    return alias


def _why_not(release: Release, forced: bool) -> str:
    """Why a release cannot be undone; empty if it can."""
    if release.outcome in record.OVER:
        return (
            f"is over already: {release.outcome}. To have another version served, ask for it with "
            "force (--version N --force)."
        )
    if release.traffic_started_at is None:
        return (
            "has not come to traffic yet; to stop it, type: aws stepfunctions stop-execution "
            f"--execution-arn {release.execution_arn}."
        )
    if not forced and release.guard_until is not None and release.guard_until < time.time():
        ended = datetime.fromtimestamp(release.guard_until, UTC)
        return (
            f"was promoted, and its guard window is over since {ended:%Y-%m-%d %H:%M} UTC. To go "
            "back all the same, ask with force (--force), or release the earlier code."
        )
    return ""
