"""The cells of the bench: each one kind of traffic, one canary, and one policy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from canary.simulation import limits
from canary.simulation.traffic import HEALTHY, Change, Traffic
from release.evalues import Hypothesis
from release.statistics import ERRORS, P90, P99, SLO, Rules

RATES = (1, 10, 100, 1000)
"""Calls per second."""
BASES = (0.001, 0.005, 0.01)
"""The stable version's error rate."""
LONGEST = 45
"""Minutes of the theoretical limit from which on a cell is not simulated."""
_SPREADS = {0.001: 0.5, 0.005: 0.7, 0.01: 1.0, 0.03: 0.7}
_SLO = 4.0
_GREEN = {"common alarm": 0.6, "SAM's alarm": 0.5}
"""Errors a minute up to which it is mostly green."""

JOINT = Rules((replace(ERRORS, limit=0.05), P90, P99, SLO))
"""All metrics, threshold 20: the default policy with a latency objective."""
ERRORS_50 = Rules(threshold=50.0)
ERRORS_100 = Rules(threshold=100.0)
ERRORS_OF_JOINT = Rules(threshold=20 / ERRORS.weight)
"""What errors alone need to reach 20 jointly, while all other metrics say nothing."""
SAME_RATE = Rules((replace(ERRORS, worse=replace(ERRORS.worse, ratio=1.0)),), threshold=100.0)
_TWICE = Hypothesis(2.0, 0.01, ERRORS.not_worse.effects)
TWICE_AND_A_POINT = Rules((replace(ERRORS, not_worse=_TWICE),))

_WORSE = (
    Change("1.5x", factor=1.5),
    Change("2x", factor=2),
    Change("5x", factor=5),
    Change("+5 pp", plus=0.05),
    Change("+50 pp", plus=0.5),
)
TENTH, HALF, MOST = (0.1,) * 10, (0.5,) * 10, (0.9,) * 10
RAMP = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.9)


@dataclass(frozen=True)
class Cell:
    """What is simulated; `counted` says whether as often as healthy canaries or as bad ones."""

    traffic: Traffic
    change: Change
    shares: tuple[float, ...]
    rules: Rules
    counted: Literal["healthy", "bad"] = "healthy"
    promotes: bool = False

    @property
    def bound(self) -> float:
        """Minutes that any test needs on average: two samples, alpha 1 %, tolerated ratio 1.1."""
        base = self.traffic.error_rate
        told = limits.information(self.shares[0], base, self.change.error_rate(base), ratio=1.1)
        return limits.calls_needed(0.01, told) / self.traffic.calls_per_minute

    def is_red_anyhow(self, judge: str) -> bool:
        """Whether an alarm is red without any canary, by the stable version's usual errors."""
        return self.traffic.calls_per_minute * self.traffic.error_rate > _GREEN.get(judge, math.inf)

    def __str__(self) -> str:
        """In a few words, without the policy."""
        rate, base = self.traffic.calls_per_minute / 60, self.traffic.error_rate
        burst = f", bursts of {self.traffic.burst:g}" if self.traffic.burst > 1 else ""
        return f"{rate:g}/s, {base:.1%}{burst}, {self.change.name}, {self.split}"

    @property
    def split(self) -> str:
        """The canary's share."""
        steady = len(set(self.shares)) == 1
        return f"{self.shares[0]:.0%}" if steady else f"{self.shares[0]:.0%}→{self.shares[-1]:.0%}"


def fewest_calls(cell: Cell) -> float:
    """Calls of the alias that any test needs on average, where no ratio is tolerated."""
    base = cell.traffic.error_rate
    told = limits.information(cell.shares[0], base, cell.change.error_rate(base))
    return limits.calls_needed(0.01, told)


def _joint(rate: float, base: float, **more: float) -> Traffic:
    return Traffic(rate * 60, base, spread=_SPREADS[base], slo=_SLO, **more)


def _grid(change: Change, rates: tuple[int, ...] = RATES) -> tuple[Cell, ...]:
    return tuple(Cell(_joint(*at), change, TENTH, JOINT) for at in product(rates, BASES))


def _detected() -> Iterator[Cell]:
    """Every regression that the limit allows to be found in time."""
    for share, change, rate, base in product((0.1, 0.5, 0.9), _WORSE, RATES, BASES):
        cell = Cell(Traffic(rate * 60, base), change, (share,), ERRORS_100, "bad")
        if cell.bound < LONGEST:
            minutes = max(15, 2 * math.ceil(cell.bound) + 5)
            yield replace(cell, shares=(share,) * minutes)


HEALTHY_CELLS = tuple(
    Cell(_joint(rate, base), HEALTHY, shares, JOINT)
    for shares, rate, base in product((TENTH, HALF, RAMP), RATES, (*BASES, 0.03))
)
HOUR_CELLS = tuple(
    Cell(Traffic(rate * 60, base), HEALTHY, (0.1,) * 60, ERRORS_50)
    for rate, base in product(RATES, BASES)
)
OUTAGE_CELLS = tuple(
    Cell(_joint(rate, base, outage=0.2), replace(HEALTHY, name="outage"), TENTH, JOINT)
    for rate, base in product(RATES, (0.001, 0.01))
)
BURST_CELLS = tuple(
    Cell(Traffic(rate * 60, base, burst=burst), HEALTHY, TENTH, ERRORS_OF_JOINT)
    for burst, rate, base in product((2, 3, 6), RATES[1:], BASES)
)
SLIGHT_CELLS = _grid(Change("1.05x", factor=1.05))
SMALL_CELLS = _grid(Change("1.1x", factor=1.1))
BROKEN_CELLS = tuple(replace(cell, counted="bad") for cell in _grid(_WORSE[-1]))
DETECTED_CELLS = tuple(_detected())
REQUEST_CELLS = tuple(
    Cell(Traffic(60, base), change, (0.1,), SAME_RATE)
    for change, base in product((_WORSE[1], _WORSE[2], _WORSE[4]), (0.001, 0.01))
)
MARGIN_CELLS = tuple(
    Cell(Traffic(rate * 60, base), change, (0.1,) * 60, rules, promotes=True)
    for (change, rules), rate, base in product(
        (
            (Change("1.5x + 0.5 pp", factor=1.5, plus=0.005), Rules()),
            (Change("2x + 1 pp", factor=2, plus=0.01), TWICE_AND_A_POINT),
        ),
        RATES,
        BASES,
    )
)
PROMOTED_CELL = Cell(
    Traffic(600, 0.001), HEALTHY, TENTH, TWICE_AND_A_POINT, "healthy", promotes=True
)
_OTHER: tuple[tuple[Change, float, Literal["healthy", "bad"]], ...] = (
    (replace(HEALTHY, name="random walk"), 0.2, "healthy"),
    (Change("cold starts", cold=True), 0.0, "healthy"),
    (Change("latency x1.25", slower=1.25), 0.0, "bad"),
    (Change("latency x1.5", slower=1.5), 0.0, "bad"),
    (Change("latency x2", slower=2), 0.0, "bad"),
    (Change("5 % stalls", stalls=0.05), 0.0, "bad"),
)
OTHER_CELLS = tuple(
    Cell(_joint(rate, 0.005, drift=drift), change, TENTH, JOINT, counted)
    for (change, drift, counted), rate in product(_OTHER, RATES)
)
