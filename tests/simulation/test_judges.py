"""What rolls back a simulated canary, and when."""

from collections.abc import Iterator

from canary.simulation.judges import (
    COMMON_ALARM,
    SAM_ALARM,
    Act,
    Alarm,
    AnyOf,
    Judge,
    Promotion,
    StaticAlarm,
    Verdict,
    watch,
)
from release import statistics
from release.statistics import Counts, Minute, Rules


def served(*errors: int, before: int = 10, quiet: int = 0) -> Iterator[Minute]:
    """A canary that fails so often in each of its minutes, after minutes of the stable version."""
    for number in range(-before, len(errors)):
        canary = Counts(60, errors[number]) if number >= 0 else Counts()
        yield Minute(60 * number, canary, Counts(540, quiet))


def at(judge: Judge, minutes: Iterator[Minute]) -> int | None:
    """In which minute it rolls back."""
    return watch(minutes, [judge])[0].minute


def test_the_common_alarm_needs_six_minutes() -> None:
    """Two windows of five minutes that do not overlap: the older one must hold the first minute."""
    assert at(StaticAlarm(COMMON_ALARM), served(*[30] * 10)) == 6
    assert at(StaticAlarm(COMMON_ALARM), served(*[1] * 12)) is None  # 5 is not more than 5


def test_sams_alarm_needs_two_minutes() -> None:
    """An error in each of two minutes that follow each other."""
    assert at(StaticAlarm(SAM_ALARM), served(1, 0, 1, 1)) == 4


def test_an_alarm_that_is_red_anyhow_fires_at_once() -> None:
    """A healthy canary under a stable version with 2 errors a minute."""
    assert at(StaticAlarm(COMMON_ALARM), served(0, 0, quiet=2)) == 1


def test_datapoints_of_periods() -> None:
    """Two of three minutes, with one good minute between; at the threshold, where it says so."""
    alarm = Alarm("x", 3, 1, 3, 2, "GreaterThanOrEqualToThreshold")
    assert at(StaticAlarm(alarm), served(3, 0, 3)) == 3
    assert at(StaticAlarm(alarm), served(3, 0, 0, 3)) is None


def test_the_verdict_is_the_handlers_fold() -> None:
    """The same evidence as all minutes of the canary at once, without those before it."""
    verdict, seen = Verdict(Rules()), list(served(0, 1, 2, quiet=1))
    assert not any(verdict.sees(minute) for minute in seen)
    assert verdict.evidence == statistics.weigh(Rules(), seen[10:])
    assert at(Verdict(Rules()), served(0, 20)) == 2


def test_promotion_reads_it_in_the_canarys_favour() -> None:
    """Three minutes at the earliest, and never for one that fails."""
    healthy = (Minute(60 * each, Counts(6000, 6), Counts(54000, 54)) for each in range(5))
    assert at(Promotion(Rules()), healthy) == 3
    assert at(Promotion(Rules()), served(*[20] * 9)) is None


def test_any_of_several_is_as_quick_as_the_quickest() -> None:
    """Whichever comes first; none of none."""
    never = StaticAlarm(Alarm("never", 1e9))
    assert at(AnyOf([never, StaticAlarm(SAM_ALARM)]), served(1, 1)) == 2
    assert at(AnyOf([StaticAlarm(COMMON_ALARM), StaticAlarm(SAM_ALARM)]), served(0, 9, 9)) == 3
    assert at(AnyOf(()), served(60)) is None


def test_failed_calls_are_counted_until_the_rollback() -> None:
    """Each judge has its own; one that never acts lets all of them fail."""
    judges = [StaticAlarm(SAM_ALARM), StaticAlarm(Alarm("never", 1e9))]
    assert watch(served(1, 2, 4), judges) == [Act(2, 3), Act(None, 7)]
