"""Whether the alarms of a deployment group can protect a release, and which are red."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from release.aws.cloudwatch import Alarm
from release.errors import AlarmCoverageError, InvalidRequestError, UnreadableError


class Watched(NamedTuple):
    """The alarms of a group that watch a release, how far they look back, and warnings."""

    names: list[str]
    window_seconds: int
    warnings: list[str]


def coverage(
    group: str,
    names: Sequence[str],
    found: Sequence[Alarm],
    prefix: str,
    function: str,
    seconds: int,
) -> list[str]:
    """
    Warnings about a group's alarms; AlarmCoverageError where they cannot protect the release.

    `names` are the group's alarms, `found` those of them that exist, `prefix` the beginning of an
    alarm's name without which the rollback machine never hears of it, `seconds` how long canary and
    bake last.
    """
    if not names:
        raise AlarmCoverageError(
            f"deployment group {group} watches no alarm, so nothing could stop a bad version. Add "
            "an alarm on the function's errors to the group. Nothing changed."
        )
    outside = [name for name in names if not name.startswith(prefix)]
    if outside:
        raise AlarmCoverageError(
            f"{', '.join(outside)} of deployment group {group} would never start a rollback: alarm "
            f"names must begin with {prefix!r} (parameter AlarmNamePrefix). Nothing changed."
        )
    refuse_missing(group, names, found)
    refuse_red(found)
    watching = [alarm for alarm in found if _may_watch(alarm, function)]
    if not watching:
        raise AlarmCoverageError(
            f"no alarm of deployment group {group} watches {function}: {', '.join(names)} watch "
            "something else, so nothing could stop a bad version. Add an alarm on the function's "
            "errors to the group. Nothing changed."
        )
    _refuse_slow(group, watching, seconds)
    return _warnings(found, function, seconds)


def watching(names: Sequence[str], fix_forward: Sequence[str]) -> list[str]:
    """
    The group's alarms that watch a release which fixes what made the others red.

    InvalidRequestError for the name of an alarm that the group does not have.
    """
    unknown = sorted(set(fix_forward) - set(names))
    if unknown:
        raise InvalidRequestError(
            f"policy.fixForward names {', '.join(unknown)}, which the deployment group does not "
            "watch. Leave it out. Nothing changed."
        )
    return [name for name in names if name not in fix_forward]


def _refuse_slow(group: str, watching: Sequence[Alarm], seconds: int) -> None:
    """AlarmCoverageError if all of them need longer to go red than the release is watched."""
    quickest = min(watching, key=lambda alarm: alarm.seconds_to_fire)
    if quickest.seconds_to_fire > seconds:
        raise AlarmCoverageError(
            f"no alarm of deployment group {group} could fire in time: {quickest.name} needs "
            f"{quickest.seconds_to_fire // 60} min of bad data, but canary and bake last "
            f"{seconds // 60} min. Let the alarm need less, or bake longer. Nothing changed."
        )


def refuse_missing(group: str, names: Sequence[str], found: Sequence[Alarm]) -> None:
    """AlarmCoverageError for alarms that the group names but CloudWatch does not know."""
    missing = _missing(names, found)
    if missing:
        raise AlarmCoverageError(
            f"{', '.join(missing)} of deployment group {group} does not exist. Make the alarm, or "
            "take it off the group. Nothing changed."
        )


def refuse_red(found: Sequence[Alarm]) -> None:
    """AlarmCoverageError for alarms that are in ALARM already."""
    red = red_alarms(found)
    if red:
        raise AlarmCoverageError(
            f"{describe(red)}: CodeDeploy would stop the deployment at once. Wait until the alarm "
            "is OK. Nothing changed."
        )


def readable(names: Sequence[str], found: Sequence[Alarm]) -> Sequence[Alarm]:
    """`found`, if it is all of `names`; else UnreadableError: unknown is never safe."""
    missing = _missing(names, found)
    if missing:
        raise UnreadableError(f"alarm {', '.join(missing)} is gone")
    return found


def red_alarms(found: Sequence[Alarm]) -> list[Alarm]:
    """Those in ALARM."""
    return [alarm for alarm in found if alarm.state == "ALARM"]


def describe(alarms: Sequence[Alarm]) -> str:
    """`alarm x is in ALARM (why)`, for each."""
    return "; ".join(f"alarm {each.name} is in ALARM ({each.reason})" for each in alarms)


def _may_watch(alarm: Alarm, function: str) -> bool:
    """A composite, or an expression over several metrics, has no dimensions of its own."""
    return not alarm.dimensions or alarm.dimensions.get("FunctionName") == function


def _missing(names: Sequence[str], found: Sequence[Alarm]) -> list[str]:
    return sorted(set(names) - {alarm.name for alarm in found})


def _warnings(found: Sequence[Alarm], function: str, seconds: int) -> list[str]:
    warnings = []
    for alarm in found:
        if alarm.is_composite:
            warnings.append(f"alarm {alarm.name} is a composite: what it watches is not checked")
        elif alarm.dimensions.get("FunctionName", function) != function:
            warnings.append(
                f"alarm {alarm.name} watches {alarm.dimensions['FunctionName']}, not {function}"
            )
        elif "FunctionName" not in alarm.dimensions:
            warnings.append(f"alarm {alarm.name} does not watch the function's own metrics")
        if alarm.seconds_to_fire > seconds:
            warnings.append(f"alarm {alarm.name} could not fire within canary and bake")
        if alarm.state == "INSUFFICIENT_DATA":
            warnings.append(f"alarm {alarm.name} has no data")
    return warnings
