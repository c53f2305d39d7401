"""The statistics of a canary: what a fold over its minutes says."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release import statistics
from release.statistics import ERRORS, P90, P99, SLO, Counts, Minute, Rules

ALL = Rules(comparisons=(replace(ERRORS, limit=0.05), P90, P99, SLO))


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    """One version's minute, also of none or of very many calls."""
    calls = draw(st.integers(0, 10**9) | st.integers(0, 100))
    timed = draw(st.sampled_from([0, calls]))
    slow = [draw(st.integers(0, timed)) for _ in range(3)]
    return Counts(calls, draw(st.integers(0, calls)), timed, *slow)


minutes = st.builds(
    Minute, start=st.just(0), canary=counts(), stable=counts(), throttles=st.integers(0, 1000)
)


def steady(number: int, canary: Counts, stable: Counts) -> list[Minute]:
    """The same minute, again and again."""
    return [Minute(60 * minute, canary, stable) for minute in range(number)]


@given(st.lists(minutes, max_size=8))
def test_folding_is_recomputing(seen: list[Minute]) -> None:
    """Minute by minute, as the bench goes, or all at once, as the handler does: the same."""
    evidence = statistics.nothing(ALL)
    for minute in seen:
        evidence = statistics.step(ALL, evidence, minute)
    assert evidence == statistics.weigh(ALL, seen)


@given(st.lists(minutes, max_size=8))
def test_evidence_is_finite(seen: list[Minute]) -> None:
    """Whatever is counted, all evidence is a number."""
    evidence = statistics.weigh(ALL, seen)
    assert all(map(math.isfinite, (evidence.against, evidence.beyond, *evidence.throttled)))
    assert evidence.against >= 0 <= evidence.beyond


def test_late_data_is_as_good_as_data_in_time() -> None:
    """A minute is weighed by its latest counts, whatever was said of its first ones."""
    early = [Minute(0, Counts(9, 0), Counts(90, 0)), Minute(60, Counts(3, 0), Counts(20, 0))]
    late = [early[0], Minute(60, Counts(10, 6), Counts(92, 0))]
    assert not statistics.speaks_against(ALL, statistics.weigh(ALL, early))
    assert statistics.speaks_against(ALL, statistics.weigh(ALL, late))


def test_a_clear_regression_speaks_in_its_first_minute() -> None:
    """5 % failures against 0.1 %, at 100 calls a second, of which a tenth goes to the canary."""
    minute = Minute(0, Counts(600, 30), Counts(5400, 5))
    assert statistics.speaks_against(Rules(), statistics.weigh(Rules(), [minute]))


def test_the_evidence_is_the_mean_over_effects() -> None:
    """By hand for one minute: the mean of g^3 * ((n + 1.1) / (n + 1.1 g))^3 with n = 9."""
    evidence = statistics.weigh(Rules(), [Minute(0, Counts(10, 3), Counts(90, 0))])
    effects = (1.4, 2, 3, 5, 10, 30, 100)
    wanted = sum((g * 101 / (90 + 11 * g)) ** 3 for g in effects) / 7
    assert math.exp(evidence.against) == pytest.approx(wanted)


def test_a_healthy_canary_is_shown_to_be_so() -> None:
    """As few failures as the stable version: never against it, and in time for it."""
    evidence = statistics.weigh(Rules(), steady(10, Counts(600, 1), Counts(5400, 9)))
    assert not statistics.speaks_against(Rules(), evidence)
    assert statistics.speaks_for(Rules(), evidence)


def test_a_shared_outage_says_nothing() -> None:
    """Both versions fail one call in five: neither is worse."""
    evidence = statistics.weigh(ALL, steady(5, Counts(600, 120), Counts(5400, 1080)))
    assert evidence.against < 1
    assert evidence.beyond == 0


def test_slow_calls_speak_without_any_error() -> None:
    """A canary whose calls are slower than the stable version's p90 half the time."""
    minute = Minute(0, Counts(60, 0, 60, 30, 3, 0), Counts(540, 0, 540, 54, 5, 0))
    assert statistics.speaks_against(ALL, statistics.weigh(ALL, [minute]))


def test_calls_without_a_duration_say_nothing_of_latency() -> None:
    """No timed calls: the errors alone are compared."""
    untimed = [Minute(0, Counts(600, 3), Counts(5400, 9))]
    evidence = statistics.weigh(ALL, untimed)
    assert evidence.worse[1:] == statistics.nothing(ALL).worse[1:]


def test_no_traffic_says_nothing() -> None:
    """No calls, no evidence in either direction."""
    evidence = statistics.weigh(ALL, steady(10, Counts(), Counts()))
    assert evidence == statistics.nothing(ALL)
    assert not statistics.speaks_for(ALL, evidence)


def test_three_minutes_speak_for_it_at_the_earliest() -> None:
    """Two minutes are not enough, however many calls they had."""
    canary, stable = Counts(60_000, 60), Counts(540_000, 540)
    assert not statistics.speaks_for(Rules(), statistics.weigh(Rules(), steady(2, canary, stable)))
    assert statistics.speaks_for(Rules(), statistics.weigh(Rules(), steady(3, canary, stable)))


def test_every_metric_must_speak_for_it() -> None:
    """Without durations there is no proof that it is not slower."""
    untimed = steady(10, Counts(6000, 6), Counts(54_000, 54))
    assert statistics.speaks_for(Rules(), statistics.weigh(Rules(), untimed))
    assert not statistics.speaks_for(ALL, statistics.weigh(ALL, untimed))


def test_too_few_calls_never_speak_for_it() -> None:
    """`minimum_calls` holds back promotion, and nothing else."""
    rules = Rules(minimum_calls=6001)
    healthy = statistics.weigh(rules, steady(10, Counts(600, 0), Counts(5400, 5)))
    assert not statistics.speaks_for(rules, healthy)
    assert statistics.speaks_for(replace(rules, minimum_calls=6000), healthy)
    broken = statistics.weigh(rules, steady(1, Counts(60, 30), Counts(540, 0)))
    assert statistics.speaks_against(rules, broken)


def test_what_spoke_against_it_once_stays_said() -> None:
    """The largest evidence of any look counts: a later quiet does not take it back."""
    seen = [Minute(0, Counts(60, 9), Counts(540, 0)), *steady(30, Counts(60, 0), Counts(540, 5))]
    evidence = statistics.weigh(Rules(), seen)
    assert statistics.speaks_against(Rules(), evidence)
    assert statistics.joint(Rules(), evidence.worse) < evidence.against


def test_without_a_stable_version_limits_judge() -> None:
    """All traffic on the canary: 9 % failures where 5 % are tolerated, and where none are named."""
    alone = steady(3, Counts(600, 54), Counts())
    assert statistics.speaks_beyond_limits(ALL, statistics.weigh(ALL, alone))
    assert not statistics.speaks_beyond_limits(Rules(), statistics.weigh(Rules(), alone))


def test_within_its_limits_a_canary_alone_is_fine() -> None:
    """5 % failures where 5 % are tolerated."""
    evidence = statistics.weigh(ALL, steady(60, Counts(600, 30, 600, 0, 0, 30), Counts()))
    assert not statistics.speaks_beyond_limits(ALL, evidence)


def test_throttles_are_the_alias_s() -> None:
    """More than 1 % throttled calls are told, but they speak against no version."""
    throttled = Minute(0, Counts(60), Counts(540), throttles=30)
    evidence = statistics.weigh(ALL, [throttled])
    assert statistics.throttling(evidence)
    assert not statistics.speaks_against(ALL, evidence)
    assert not statistics.throttling(statistics.weigh(ALL, [replace(throttled, throttles=6)]))
    assert statistics.throttling(statistics.weigh(ALL, [Minute(0, throttles=9)]))


def test_a_burst_of_errors_counts_as_one() -> None:
    """What comes in bursts of ten in the stable version is weak evidence in the canary."""
    seen = [Minute(0, Counts(60, 10), Counts(540, 0))]
    assert statistics.speaks_against(Rules(), statistics.weigh(Rules(), seen))
    bursty = Rules(burst=10.0)
    assert not statistics.speaks_against(bursty, statistics.weigh(bursty, seen))
