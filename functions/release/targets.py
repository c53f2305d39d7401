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
        return [to_undo(event.target)]
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


def to_undo(target: str) -> Release:
    """
    The release that a rollback of `function:alias` would undo: the newest one, or the last promoted
    one where the newest ended before its traffic. Never the one before a release that was rolled
    back: who asks twice does not go back twice.

    NothingToRollBackError says why there is none, and what can be done instead.
    """
    release = _last_with_traffic(target)
    if release is None:
        raise NothingToRollBackError(f"{target} has had no release. Nothing changed.")
    why = _why_not(release)
    if why:
        raise NothingToRollBackError(
            f"release {release.release} of {target} {why} Nothing changed."
        )
    return release


def _last_with_traffic(target: str) -> Release | None:
    """The newest release; the last promoted one where the newest ended before its traffic."""
    release = newest(target)
    if release is None or release.outcome not in {"failed", "refused"}:
        return release
    return record.find(pointer.get(target).release or release.release) or release


def requested_by(target: str, by: str) -> Release | None:
    """
    The release whose rollback was asked for by exactly this, if it was: when RollBack is retried,
    what its first try has changed must not refuse the second.
    """
    release = _last_with_traffic(target)
    asked = release.rollback_requested if release else None
    return release if asked and asked.by == by else None


def require_confirmed(asked: OperatorRequest) -> None:
    """The alias must be there, and point to what was confirmed, where that is asked for."""
    alias = awslambda.get_alias(asked.function, asked.alias)
    if alias is None:
        raise TargetNotReadyError(
            f"there is no function {asked.function!r}, or it has no alias {asked.alias!r}, in this "
            "account and region. Nothing changed."
        )
    confirmation = f"{asked.function}:{alias.version}"
    if asked.confirm == confirmation or (asked.mode == "auto" and asked.confirm is None):
        return
    raise InvalidRequestError(
        f"mode {asked.mode} with confirm {asked.confirm!r}, but {asked.target} serves {alias}. If "
        f'it is still to be rolled back, send "confirm": "{confirmation}". Nothing changed.'
    )


def _why_not(release: Release) -> str:
    """Why a release cannot be undone; empty if it can."""
    if release.outcome in record.OVER:
        return f"is over already: {release.outcome}."
    if release.traffic_started_at is None:
        return (
            "has not come to traffic yet; to stop it, type: aws stepfunctions stop-execution "
            f"--execution-arn {release.execution_arn}."
        )
    if release.guard_until is not None and release.guard_until < time.time():
        ended = datetime.fromtimestamp(release.guard_until, UTC)
        return (
            f"was promoted, and its guard window is over since {ended:%Y-%m-%d %H:%M} UTC. To go "
            "back now, release the earlier code."
        )
    return ""
