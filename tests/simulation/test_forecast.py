"""Forecasts: what a policy would make of a canary."""

from dataclasses import replace

import pytest

from canary.localaws import LocalAws
from canary.simulation import schedules
from canary.simulation.forecast import REGRESSIONS, Setting, Times, needed_minutes, outlooks
from canary.simulation.judges import COMMON_ALARM
from canary.simulation.traffic import Traffic
from release.aws import codedeploy
from release.statistics import Rules

SETTING = Setting(Traffic(600, 0.001), (0.1,) * 5, 5, Rules(), (COMMON_ALARM,))
TWICE, _, FIVE_POINTS, _ = REGRESSIONS


def test_what_becomes_of_canaries() -> None:
    """A broken one is rolled back in minute 1, by alarms in minute 6; a healthy one is not."""
    healthy, twice, _, _, broken = outlooks(SETTING, 40, seed=1)
    assert healthy.verdict.share_by(5) <= 0.05
    assert twice.verdict.share_by(5) < 0.2
    assert (broken.verdict.median, broken.verdict.share_by(1)) == (1, 1)
    assert broken.alarms.median == 6
    assert broken.alarms.share_by(5) < broken.alarms.share_by(10) == 1


def test_only_a_healthy_canary_is_shown_to_be_so() -> None:
    """With enough traffic, and within the canary."""
    busy = replace(SETTING, traffic=Traffic(60_000, 0.001), alarms=())
    healthy, *others = outlooks(busy, 20, seed=1)
    assert healthy.shown.share_by(5) == 1
    assert healthy.alarms.median is None
    assert all(each.shown.median is None for each in others)


def test_a_seed_repeats_a_forecast() -> None:
    """And each canary is told of."""
    told: list[int] = []
    first = outlooks(SETTING, 20, seed=3, told=lambda: told.append(1))
    assert first == outlooks(SETTING, 20, seed=3)
    assert len(told) == 5 * 20


def test_a_smaller_change_needs_a_longer_canary() -> None:
    """And a larger share a shorter one; beyond CodeDeploy's two days there is none."""
    twice = needed_minutes(SETTING, TWICE, 0.1, 0.8, 40, 1)
    half = needed_minutes(SETTING, TWICE, 0.5, 0.8, 40, 1)
    points = needed_minutes(SETTING, FIVE_POINTS, 0.1, 0.8, 40, 1)
    assert twice is not None
    assert half is not None
    assert points is not None
    assert points < half < twice
    for calls in (6, 50):  # where even the limit is longer, and where only what is needed is
        seldom = replace(SETTING, traffic=Traffic(calls, 0.001))
        assert needed_minutes(seldom, TWICE, 0.1, 0.8, 40, 1) is None


def test_what_is_needed_suffices() -> None:
    """A canary of that length detects with about that chance."""
    needed = needed_minutes(SETTING, FIVE_POINTS, 0.1, 0.8, 200, 1)
    assert needed is not None
    longer = replace(SETTING, shares=(0.1,) * needed, bake_minutes=0)
    found = next(each for each in outlooks(longer, 200, 2) if each.change is FIVE_POINTS)
    assert found.verdict.share_by(needed) >= 0.7


def test_quantiles_count_those_that_never_were() -> None:
    """Half of four is the second; three of four are not there."""
    times = Times((3, None, 7, None))
    assert (times.median, times.quantile(0.75), times.share_by(3)) == (7, None, 0.25)


@pytest.mark.parametrize(
    "config",
    [
        "LambdaAllAtOnce",
        "LambdaCanary10Percent5Minutes",
        "LambdaCanary10Percent30Minutes",
        "LambdaLinear10PercentEvery1Minute",
        "LambdaLinear10PercentEvery10Minutes",
    ],
)
def test_schedules_last_as_long_as_codedeploy_says(config: str) -> None:
    """Every minute before all traffic has shifted has a share."""
    shares = schedules.shares_of(f"CodeDeployDefault.{config}")
    with LocalAws():
        assert shares is not None
        assert len(shares) == codedeploy.shifting_minutes(f"CodeDeployDefault.{config}")
    assert sorted(shares) == list(shares)
    assert schedules.shares_of("ours") is None
