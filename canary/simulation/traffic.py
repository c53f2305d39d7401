"""
Simulated traffic: what both versions of an alias serve, minute by minute.

Calls arrive independently of each other (Poisson), each fails or not (binomial), and takes a
lognormal time. Durations are in units of the stable version's median.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from statistics import NormalDist
from typing import NamedTuple, TypeAlias

from canary.simulation.sampling import geometric, poisson
from release.baseline import TOLERANCE
from release.statistics import Counts, Minute

WARM_UP_MINUTES = 10
"""Minutes of the stable version alone that alarms have seen when the canary begins."""
_OUTAGE_BEGINS = 3
_COLD = {0: 0.3, 1: 0.02}
"""By the minute's number: the share of a cold canary's calls that wait for a new sandbox."""
_OLD = 60  # minutes
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Change:
    """What the canary does otherwise: its error rate is `factor * stable's + plus`."""

    name: str
    factor: float = 1.0
    plus: float = 0.0
    slower: float = 1.0
    stalls: float = 0.0
    cold: bool = False

    def error_rate(self, stable: float) -> float:
        """The canary's, where the stable version's is this."""
        return min(1.0, self.factor * stable + self.plus)


HEALTHY = Change("healthy")


@dataclass(frozen=True)
class Traffic:
    """
    What the alias is asked for, and how the stable version serves it.

    `spread` is the standard deviation of a duration's logarithm, None where durations are not
    known; `slo` a latency objective in medians. `burst` errors (mean) come together in one version.
    `drift` is the error rate's random walk (standard deviation of its logarithm per minute);
    `outage` the share of calls that fails on both versions for two minutes.
    """

    calls_per_minute: float
    error_rate: float
    spread: float | None = None
    slo: float | None = None
    burst: float = 1.0
    drift: float = 0.0
    outage: float = 0.0


_Over: TypeAlias = tuple[int, int, int]
"""1 for each of p90, p99 and the objective that a call exceeds, else 0."""


class _Kind(NamedTuple):
    """A kind of call: how many there are of it for each call, and what it counts as."""

    share: float
    errors: int
    over: _Over


def minutes(
    random: Random,
    traffic: Traffic,
    change: Change,
    shares: Sequence[float],
    warm_up: int = WARM_UP_MINUTES,
) -> Iterator[Minute]:
    """
    Minutes of a canary that receives these shares (0 to 1), one after the other.

    Those before its start, of the stable version alone, have a negative `start`. Durations of the
    canary's first minute with calls do not count, as the handler has it.
    """
    walk, is_first = 1.0, True
    for number in range(-warm_up, len(shares)):
        share = shares[number] if number >= 0 else 0.0
        walk *= math.exp(random.gauss(0, traffic.drift)) if traffic.drift else 1.0
        base = min(0.5, traffic.error_rate * walk)
        if traffic.outage and number in {_OUTAGE_BEGINS, _OUTAGE_BEGINS + 1}:
            base = traffic.outage
        stable = _served(random, traffic, HEALTHY, base, 1 - share, _OLD)
        canary = _served(random, traffic, change, change.error_rate(base), share, number)
        if canary.calls and is_first:
            canary, is_first = canary.untimed(), False
        yield Minute(number * 60, canary, stable)


def errors_before(random: Random, traffic: Traffic, length: int) -> list[int]:
    """The stable version's errors of so many minutes, from which a burst divisor is frozen."""
    mean = traffic.calls_per_minute * traffic.error_rate
    return [_errors(random, mean, traffic.burst) for _ in range(length)]


def _served(
    random: Random, traffic: Traffic, change: Change, error_rate: float, share: float, age: int
) -> Counts:
    calls = traffic.calls_per_minute * share
    if traffic.spread is None:
        errors = _errors(random, calls * error_rate, traffic.burst)
        return Counts(errors + poisson(random, calls * (1 - error_rate)), errors)
    together = _errors(random, calls * error_rate, traffic.burst) if traffic.burst > 1 else 0
    served = [together, together, 0, 0, 0]  # none of which is slow
    for kind in _kinds(traffic, change, error_rate, age):
        if kind.errors and traffic.burst > 1:
            continue
        count = poisson(random, calls * kind.share)
        served[0] += count
        served[1] += count * kind.errors
        for place, over in enumerate(kind.over, 2):
            served[place] += count * over
    return Counts(served[0], served[1], served[0], *served[2:])


def _errors(random: Random, mean: float, burst: float) -> int:
    if burst <= 1:
        return poisson(random, mean)
    return sum(geometric(random, burst) for _ in range(poisson(random, mean / burst)))


def _kinds(traffic: Traffic, change: Change, error_rate: float, age: int) -> Iterator[_Kind]:
    stalls = _COLD.get(age, 0.0) if change.cold else change.stalls
    for share, over in _durations(traffic.spread or 0.0, traffic.slo, change.slower, stalls):
        yield _Kind(share * error_rate, 1, over)
        yield _Kind(share * (1 - error_rate), 0, over)


@cache
def _durations(
    spread: float, slo: float | None, slower: float, stalls: float
) -> list[tuple[float, _Over]]:
    """The share of calls between two thresholds each, and which thresholds they exceed."""
    limits = [math.exp(spread * _NORMAL.inv_cdf(part)) * TOLERANCE for part in (0.9, 0.99)]
    limits.append(slo or math.inf)
    cuts = [0.0, *sorted(limits), math.inf]
    over = [_share_over(cut / slower, spread, stalls) for cut in cuts]
    p90, p99, objective = limits
    return [
        (over[at] - over[at + 1], (int(cut >= p90), int(cut >= p99), int(cut >= objective)))
        for at, cut in enumerate(cuts[:-1])
    ]


def _share_over(limit: float, spread: float, stalls: float) -> float:
    """The share of calls that take longer; a stalled call takes longer than any limit."""
    if limit in {0.0, math.inf}:
        return float(limit == 0)
    return stalls + (1 - stalls) * (1 - _NORMAL.cdf(math.log(limit) / spread))
