"""Whether the alarms of a deployment group can protect a release, and which are red."""

from __future__ import annotations

from collections.abc import Sequence

from release.aws.cloudwatch import Alarm
from release.errors import AlarmCoverageError, UnreadableError


def coverage(
    group: str, names: Sequence[str], found: Sequence[Alarm], prefix: str, function: str
) -> list[str]:
    """
    Warnings about a group's alarms; AlarmCoverageError where they cannot protect the release.

    `names` are the group's alarms, `found` those of them that exist, `prefix` the beginning of an
    alarm's name without which the rollback machine never hears of it.
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
    if not any(_may_watch(alarm, function) for alarm in found):
        raise AlarmCoverageError(
            f"no alarm of deployment group {group} watches {function}: {', '.join(names)} watch "
            "something else, so nothing could stop a bad version. Add an alarm on the function's "
            "errors to the group. Nothing changed."
        )
    return _warnings(found, function)


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


def _warnings(found: Sequence[Alarm], function: str) -> list[str]:
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
        if alarm.state == "INSUFFICIENT_DATA":
            warnings.append(f"alarm {alarm.name} has no data")
    return warnings
