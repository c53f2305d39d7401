"""
The statistics of a canary: how strongly its minutes speak against it, or for it. Pure.

Both versions' calls of the same minute are compared, by e-values; a minute without calls of the
stable version is held against fixed limits instead. `step` folds one complete minute into the
evidence, `weigh` folds all of them from nothing; `speaks_against`, `speaks_beyond_limits` and
`speaks_for` read the evidence, which is all natural logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal, TypeAlias

from release.evalues import (
    NO_COMPARISON,
    Bets,
    Hypothesis,
    Sample,
    average,
    log_sum,
    raised,
)

Metric: TypeAlias = Literal["errors", "p90", "p99", "slo"]

PROMOTION_THRESHOLD = 20.0
PROMOTION_MINUTES = 3
_THROTTLING_THRESHOLD = 20.0


@dataclass(frozen=True)
class Counts:
    """
    What one version served in one minute; zero is also what is not known.

    `timed` are the calls whose duration is known and counts, `over_…` those of them that took
    longer than the stable version's 90th or 99th percentile, or than the latency objective.
    """

    calls: int = 0
    errors: int = 0
    timed: int = 0
    over_p90: int = 0
    over_p99: int = 0
    over_slo: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.calls + other.calls,
            self.errors + other.errors,
            self.timed + other.timed,
            self.over_p90 + other.over_p90,
            self.over_p99 + other.over_p99,
            self.over_slo + other.over_slo,
        )

    def without(self, other: Counts) -> Counts:
        """These but for the other's, which may be known a little earlier."""
        return Counts(
            max(0, self.calls - other.calls),
            max(0, self.errors - other.errors),
            max(0, self.timed - other.timed),
            max(0, self.over_p90 - other.over_p90),
            max(0, self.over_p99 - other.over_p99),
            max(0, self.over_slo - other.over_slo),
        )

    def untimed(self) -> Counts:
        """The same calls without what is known of their durations."""
        return Counts(self.calls, self.errors)

    def sample(self, metric: Metric) -> Sample:
        """The bad calls of one metric, never more than the calls that they are out of."""
        if metric == "errors":
            return min(self.errors, self.calls), self.calls
        over = {"p90": self.over_p90, "p99": self.over_p99, "slo": self.over_slo}[metric]
        return min(over, self.timed), self.timed


@dataclass(frozen=True)
class Minute:
    """
    One minute of both versions; `start` in epoch seconds, `throttles` of the whole alias.

    Where calls are not told apart by version, `canary` is the whole alias and `stable` nothing.
    """

    start: int
    canary: Counts = Counts()
    stable: Counts = Counts()
    throttles: int = 0
    told_apart: bool = True


@dataclass(frozen=True)
class Comparison:
    """
    How one metric is judged. `weight` is its part of the joint evidence, before normalisation.

    `limit` is the largest share (0 to 1) of bad calls that is tolerated in minutes in which the
    stable version serves nothing that could be compared; None where nothing was said.
    """

    metric: Metric
    weight: float
    worse: Hypothesis
    not_worse: Hypothesis
    limit: float | None = None


_BETTER = (0.9, 0.75, 0.5, 0.25, 0.1, 0.02)
_MORE_ERRORS = (1.4, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
_SLOWER = (1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)

ERRORS = Comparison(
    "errors", 0.6, Hypothesis(1.1, 0.0, _MORE_ERRORS), Hypothesis(1.5, 0.005, _BETTER)
)
_LATENCY = Hypothesis(1.25, 0.0, _SLOWER), Hypothesis(1.5, 0.03, _BETTER)
P90 = Comparison("p90", 0.15, *_LATENCY)
P99 = Comparison("p99", 0.15, *_LATENCY)
SLO = Comparison("slo", 0.1, *_LATENCY, limit=0.05)
THROTTLED = Hypothesis(0.0, 0.01, _MORE_ERRORS)


@dataclass(frozen=True)
class Rules:
    """
    What is compared, and how much evidence decides.

    `threshold` is the e-value that rolls back: the chance that a healthy canary ever reaches it is
    at most 1 / threshold. `burst` (1 or more) is how many errors of the stable version usually come
    together and count as one. `minimum_calls` of the canary are needed to speak for it.
    """

    comparisons: tuple[Comparison, ...] = (ERRORS,)
    threshold: float = 20.0
    burst: float = 1.0
    minimum_calls: int = 0


@dataclass(frozen=True)
class Evidence:
    """
    The state of the fold. Bets are in the order of `Rules.comparisons`.

    `minutes` is how many had calls of both versions; `canary` and `stable` add up all minutes,
    `alone` those in which the canary was held against limits.
    `worse` and `not_worse` compare the versions, `over_limit` holds the canary against fixed
    limits, `throttled` the alias. `against` is the largest joint evidence so far that the canary is
    worse, `beyond` that it is beyond its limits.
    """

    worse: tuple[Bets, ...]
    not_worse: tuple[Bets, ...]
    over_limit: tuple[Bets, ...]
    throttled: Bets = (0.0,) * len(THROTTLED.effects)
    minutes: int = 0
    canary: Counts = Counts()
    stable: Counts = Counts()
    alone: Counts = Counts()
    against: float = 0.0
    beyond: float = 0.0


def nothing(rules: Rules) -> Evidence:
    """The evidence before the first minute."""
    each = rules.comparisons
    worse = tuple((0.0,) * len(one.worse.effects) for one in each)
    not_worse = tuple((0.0,) * len(one.not_worse.effects) for one in each)
    return Evidence(worse=worse, not_worse=not_worse, over_limit=worse)


def step(rules: Rules, before: Evidence, minute: Minute) -> Evidence:
    """The evidence after one more complete minute. Minutes come in their order."""
    after = replace(
        before,
        throttled=_throttled(before.throttled, minute),
        canary=before.canary + minute.canary,
        stable=before.stable + minute.stable,
    )
    if not minute.canary.calls:
        return after
    if not minute.stable.calls:
        return _held_against_limits(rules, after, minute.canary)
    return _compared(rules, after, minute)


def weigh(rules: Rules, minutes: Iterable[Minute]) -> Evidence:
    """The evidence of all these minutes: `step` over each, from nothing."""
    return reduce(lambda evidence, minute: step(rules, evidence, minute), minutes, nothing(rules))


def speaks_against(rules: Rules, evidence: Evidence) -> bool:
    """Whether the canary was ever shown to be worse than the stable version."""
    return evidence.against >= math.log(rules.threshold)


def speaks_beyond_limits(rules: Rules, evidence: Evidence) -> bool:
    """Whether the canary, with nothing to compare it to, was shown to be beyond its limits."""
    return evidence.beyond >= math.log(rules.threshold)


def speaks_for(rules: Rules, evidence: Evidence) -> bool:
    """Whether by now every single metric shows that the canary is not worse, beyond its margin."""
    return (
        evidence.minutes >= PROMOTION_MINUTES
        and evidence.canary.calls >= rules.minimum_calls
        and in_favour(evidence) >= math.log(PROMOTION_THRESHOLD)
    )


def throttling(evidence: Evidence) -> bool:
    """Whether more than 1 % of the alias's calls are throttled; no version can be blamed for it."""
    return average(evidence.throttled) >= math.log(_THROTTLING_THRESHOLD)


def leading(rules: Rules, bets: Sequence[Bets]) -> Comparison:
    """The metric with the largest part of the joint evidence."""
    parts = [
        (math.log(one.weight) + average(bet), one)
        for one, bet in zip(rules.comparisons, bets, strict=True)
    ]
    return max(parts, key=lambda part: part[0])[1]


def in_favour(evidence: Evidence) -> float:
    """The weakest of the metrics' evidence that the canary is not worse: all of them must show."""
    return min(map(average, evidence.not_worse))


def joint(rules: Rules, bets: Sequence[Bets]) -> float:
    """The weighted mean of all metrics' evidence. Valid however they depend on each other."""
    weights = [each.weight for each in rules.comparisons]
    parts = [math.log(weight) + average(bet) for weight, bet in zip(weights, bets, strict=True)]
    return log_sum(parts) - math.log(sum(weights))


def _compared(rules: Rules, before: Evidence, minute: Minute) -> Evidence:
    worse, not_worse = [], []
    for one, against, in_favour in zip(
        rules.comparisons, before.worse, before.not_worse, strict=True
    ):
        canary, stable = minute.canary.sample(one.metric), minute.stable.sample(one.metric)
        divisor = _divisor(rules, one)
        worse.append(raised(against, one.worse, canary, stable, divisor))
        not_worse.append(raised(in_favour, one.not_worse, canary, stable, divisor))
    return replace(
        before,
        minutes=before.minutes + 1,
        worse=tuple(worse),
        not_worse=tuple(not_worse),
        against=max(before.against, joint(rules, worse)),
    )


def _held_against_limits(rules: Rules, before: Evidence, canary: Counts) -> Evidence:
    bets = [
        bet
        if one.limit is None
        else raised(
            bet,
            Hypothesis(0.0, one.limit, one.worse.effects),
            canary.sample(one.metric),
            NO_COMPARISON,
            _divisor(rules, one),
        )
        for one, bet in zip(rules.comparisons, before.over_limit, strict=True)
    ]
    beyond = max(before.beyond, joint(rules, bets))
    return replace(before, over_limit=tuple(bets), alone=before.alone + canary, beyond=beyond)


def _throttled(bets: Bets, minute: Minute) -> Bets:
    """Throttled calls are none of the invocations, and no version's: the alias shares one limit."""
    offered = minute.canary.calls + minute.stable.calls + minute.throttles
    return raised(bets, THROTTLED, (minute.throttles, offered), NO_COMPARISON)


def _divisor(rules: Rules, one: Comparison) -> float:
    return rules.burst if one.metric == "errors" else 1.0
