"""The minutes of a canary: whose calls are whose, before and after the last shift."""

from release.minutes import assemble
from release.statistics import Counts, Minute

TIMED = Counts(calls=6, errors=1, timed=6, over_p90=2)
STABLE = Counts(calls=54, errors=2, timed=54, over_p90=5)
ALL = TIMED + STABLE
LATER = 10**9


def test_versions_that_are_told_apart_are_compared() -> None:
    """Each version has its own calls; the canary's first minute does not count for latency."""
    minutes = assemble({60: TIMED, 120: TIMED}, {60: STABLE, 120: STABLE}, {60: ALL}, {}, LATER)
    assert minutes == [
        Minute(60, canary=Counts(calls=6, errors=1), stable=STABLE),
        Minute(120, canary=TIMED, stable=STABLE),
    ]


def test_a_minute_before_the_split_is_nobody_s() -> None:
    """The alias served the stable version alone: nothing to compare, nothing to hold against it."""
    minutes = assemble({60: TIMED}, {60: STABLE}, {0: STABLE, 60: ALL}, {}, LATER)
    assert minutes[0] == Minute(0)


def test_after_the_last_shift_all_is_the_canary_s() -> None:
    """Also what AWS no longer counts by version, and the rest of the minute of the shift."""
    alias = {60: ALL, 120: ALL, 180: ALL}
    minutes = assemble({60: TIMED, 120: TIMED}, {60: STABLE, 120: STABLE}, alias, {}, 120)
    assert [minute.canary.calls for minute in minutes] == [6, 6, 60]
    early = assemble({60: TIMED, 120: TIMED}, {60: STABLE, 120: TIMED}, alias, {}, 120)
    assert [minute.canary.calls for minute in early] == [6, 54, 60]


def test_the_minute_in_which_all_shifts_at_once_is_nobody_s() -> None:
    """Most of it may have been the stable version's."""
    minutes = assemble({}, {}, dict.fromkeys(range(60, 360, 60), ALL), {}, 60)
    assert [minute.canary.calls for minute in minutes] == [0, 60, 60, 60, 60]
    assert all(minute.told_apart for minute in minutes)


def test_calls_that_are_never_told_apart_are_held_against_limits() -> None:
    """After three minutes without any call counted by version, and never the first minute."""
    alias = dict.fromkeys(range(60, 300, 60), ALL)
    early = assemble({}, {}, {60: ALL, 120: ALL, 180: ALL}, {}, LATER)
    assert [minute.canary.calls for minute in early] == [0, 0, 0]
    late = assemble({}, {}, alias, {}, LATER)
    assert [minute.canary.calls for minute in late] == [0, 60, 60, 60]
    assert not any(minute.told_apart for minute in late)


def test_what_is_known_of_a_part_first_is_not_negative() -> None:
    """The stable version's calls can be known before the alias's are complete."""
    (minute,) = assemble({}, {120: STABLE}, {120: TIMED}, {}, 60)
    assert minute.canary == Counts()


def test_throttled_calls_are_kept() -> None:
    """A minute in which all calls were throttled is a minute."""
    assert assemble({}, {}, {}, {60: 9}, LATER) == [Minute(60, throttles=9)]
