"""Alarm coverage: what is refused and what is warned of."""

import pytest

from release import alarms
from release.aws import cloudwatch
from release.aws.cloudwatch import Alarm
from release.errors import AlarmCoverageError, InvalidRequestError, UnreadableError


def alarm(name: str = "canary-x", state: str = "OK", **members: object) -> Alarm:
    """An alarm on the function `f`, unless told otherwise."""
    known: dict[str, object] = {
        "reason": "because",
        "dimensions": {"FunctionName": "f", "Resource": "f:live"},
        "is_composite": False,
    }
    return Alarm(name, state, **(known | members))  # type: ignore[arg-type]


def warnings(*found: Alarm) -> list[str]:
    """Warnings about a group that watches exactly these."""
    return alarms.coverage("g", [each.name for each in found], found, "canary-", "f", 900)


def test_a_quiet_alarm_on_the_function_is_no_warning() -> None:
    """That is what a group should have."""
    assert warnings(alarm()) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (alarm(is_composite=True), "composite"),
        (alarm(dimensions={"FunctionName": "other"}), "watches other, not f"),
        (alarm(dimensions={"QueueName": "q"}), "does not watch the function's own"),
        (alarm(state="INSUFFICIENT_DATA"), "has no data"),
        (alarm(seconds_to_fire=901), "could not fire within canary and bake"),
    ],
)
def test_what_is_warned_of(found: Alarm, words: str) -> None:
    """A warning says which alarm, and what is doubtful about it."""
    (warning,) = warnings(found, alarm("canary-good"))
    assert "canary-x" in warning
    assert words in warning


def test_no_alarm_is_refused() -> None:
    """Nothing could stop a bad version."""
    with pytest.raises(AlarmCoverageError, match="watches no alarm"):
        warnings()


def test_an_alarm_out_of_reach_is_refused() -> None:
    """The rule that starts rollbacks filters by the prefix."""
    with pytest.raises(AlarmCoverageError, match="never start a rollback"):
        warnings(alarm("x"))


@pytest.mark.parametrize("dimensions", [{"FunctionName": "other"}, {"QueueName": "q"}])
def test_alarms_on_something_else_alone_are_refused(dimensions: dict[str, str]) -> None:
    """They would sleep through whatever the function does."""
    with pytest.raises(AlarmCoverageError, match="no alarm of deployment group g watches f"):
        warnings(alarm(dimensions=dimensions))


def test_alarms_that_could_all_fire_too_late_are_refused() -> None:
    """One that needs 16 bad minutes says nothing within 15; one that needs 15 does."""
    with pytest.raises(AlarmCoverageError, match="canary-x needs 16 min of bad data"):
        warnings(alarm(seconds_to_fire=960), alarm("canary-elsewhere", dimensions={"Q": "q"}))
    assert warnings(alarm(seconds_to_fire=900)) == []


@pytest.mark.parametrize(
    ("members", "seconds", "window"),
    [
        ({"Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}, 120, 180),
        ({"Period": 300, "EvaluationPeriods": 2}, 600, 600),
        (
            {"EvaluationPeriods": 2, "Metrics": [{"MetricStat": {"Period": 300}}, {"Id": "e"}]},
            600,
            600,
        ),
        ({"EvaluationPeriods": 5, "Metrics": [{"Id": "e"}]}, 300, 300),
    ],
)
def test_how_long_an_alarm_needs(
    monkeypatch: pytest.MonkeyPatch, members: dict[str, object], seconds: int, window: int
) -> None:
    """Its datapoints or periods, times the period; an expression has it from its metrics."""
    found = {"AlarmName": "canary-x", "StateValue": "OK", **members}
    monkeypatch.setattr(cloudwatch, "client", lambda _: Stub(found))
    (read,) = cloudwatch.get_alarms(["canary-x"])
    assert (read.seconds_to_fire, read.window_seconds) == (seconds, window)


class Stub:
    """CloudWatch with one alarm."""

    def __init__(self, alarm: dict[str, object]) -> None:
        self.alarm = alarm

    def describe_alarms(self, **_: object) -> dict[str, object]:
        """The alarm, whatever is asked."""
        return {"MetricAlarms": [self.alarm]}


def test_fix_forward_takes_alarms_off() -> None:
    """The others still watch; an alarm that the group does not have is a slip."""
    assert alarms.watching(["canary-x", "canary-y"], ["canary-x"]) == ["canary-y"]
    with pytest.raises(InvalidRequestError, match="canary-z"):
        alarms.watching(["canary-x"], ["canary-z"])


def test_a_red_alarm_is_refused() -> None:
    """With its reason."""
    with pytest.raises(AlarmCoverageError, match="because"):
        warnings(alarm(state="ALARM"))


def test_a_missing_alarm_is_refused_before_and_unreadable_during_a_canary() -> None:
    """CloudWatch just leaves out what it does not know."""
    with pytest.raises(AlarmCoverageError, match="canary-y of deployment group g"):
        alarms.coverage("g", ["canary-x", "canary-y"], [alarm()], "canary-", "f", 900)
    with pytest.raises(UnreadableError, match="canary-y is gone"):
        alarms.readable(["canary-x", "canary-y"], [alarm()])
