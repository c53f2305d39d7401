"""Simulated traffic: what it is asked for is what comes, on average."""

from dataclasses import replace
from random import Random

import pytest

from canary.simulation.traffic import HEALTHY, Change, Traffic, errors_before, minutes
from release import evalues
from release.statistics import Counts, Minute

TIMED = Traffic(6000, 0.01, spread=0.7, slo=4.0)


def total(traffic: Traffic, change: Change, length: int = 60) -> tuple[Counts, Counts]:
    """Canary and stable version over an hour at a share of 25 %."""
    seen = [
        each for each in minutes(Random(1), traffic, change, [0.25] * length) if each.start >= 0
    ]
    return sum((each.canary for each in seen), Counts()), sum(
        (each.stable for each in seen), Counts()
    )


def test_calls_and_errors_are_those_asked_for() -> None:
    """6000 calls a minute, of which a quarter goes to a canary of twice the error rate + 1 pp."""
    canary, stable = total(Traffic(6000, 0.01), Change("x", factor=2, plus=0.01))
    assert canary.calls == pytest.approx(90_000, rel=0.02)
    assert stable.calls == pytest.approx(270_000, rel=0.02)
    assert canary.errors / canary.calls == pytest.approx(0.03, rel=0.1)
    assert stable.errors / stable.calls == pytest.approx(0.01, rel=0.1)


def test_slow_calls_are_those_of_a_lognormal() -> None:
    """A little less than 10 % and 1 % take 5 % longer than the percentiles; twice as slow, more."""
    canary, stable = total(TIMED, Change("slow", slower=2))
    assert stable.over_p90 / stable.timed == pytest.approx(0.0884, rel=0.05)
    assert stable.over_p99 / stable.timed == pytest.approx(0.0083, rel=0.1)
    assert stable.over_slo / stable.timed == pytest.approx(0.0238, rel=0.1)
    assert canary.over_p90 / canary.timed == pytest.approx(0.359, rel=0.05)


def test_stalls_are_slow_by_any_measure() -> None:
    """5 % of calls exceed even the objective."""
    canary, _ = total(TIMED, Change("stalls", stalls=0.05))
    assert canary.over_slo / canary.timed == pytest.approx(0.05 + 0.95 * 0.0238, rel=0.06)


def test_durations_of_the_first_minute_do_not_count() -> None:
    """As in the handler: cold starts are no regression."""
    seen = list(minutes(Random(1), TIMED, Change("cold", cold=True), [0.5] * 3))
    canary = [each.canary for each in seen if each.start >= 0]
    assert [each.timed == each.calls for each in canary] == [False, True, True]


def test_an_outage_hits_both_versions_for_two_minutes() -> None:
    """20 % errors on either side."""
    seen = list(minutes(Random(1), Traffic(6000, 0.0, outage=0.2), HEALTHY, [0.5] * 6))
    failing = [each for each in seen if each.canary.errors or each.stable.errors]
    assert [each.start for each in failing] == [180, 240]
    assert all(each.canary.errors > 400 < each.stable.errors for each in failing)


def test_bursts_are_seen_by_the_divisor() -> None:
    """Geometric bursts of 3 on average: E[s^2] / E[s] = 5."""
    history = errors_before(Random(1), Traffic(6000, 0.01, burst=3.0), 2000)
    assert evalues.burst_divisor(history) == pytest.approx(5, rel=0.1)


def test_bursts_are_as_many_errors() -> None:
    """As many errors and calls as single ones, also where durations are known."""
    _, single = total(TIMED, HEALTHY)
    _, bursts = total(replace(TIMED, burst=3.0), HEALTHY)
    assert bursts.errors == pytest.approx(single.errors, rel=0.15)
    assert bursts.calls == pytest.approx(single.calls, rel=0.02)
    assert bursts.errors != single.errors


def test_the_same_seed_is_the_same_traffic() -> None:
    """So a forecast can be repeated; its walk moves both versions alike."""

    def drawn(seed: int) -> list[Minute]:
        return list(minutes(Random(seed), Traffic(60, 0.1, drift=0.2), HEALTHY, [0.1] * 5))

    assert drawn(1) == drawn(1) != drawn(2)
