"""What a policy would make of a canary under given traffic: simulated many times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from canary.simulation import limits
from canary.simulation.judges import (
    Alarm,
    AnyOf,
    Judge,
    Promotion,
    StaticAlarm,
    Verdict,
    watch,
)
from canary.simulation.schedules import LONGEST_MINUTES
from canary.simulation.traffic import HEALTHY, Change, Traffic, minutes
from release.statistics import ERRORS, Rules

REGRESSIONS = (
    Change("2x", factor=2),
    Change("5x", factor=5),
    Change("+5 pp", plus=0.05),
    Change("+50 pp", plus=0.5),
)
SHARES = (0.1, 0.2, 0.5)
"""For which the length that would be needed is told."""
_BLOCKS_TO_LIMIT, _MOST_BLOCKS = 10, 80


@dataclass(frozen=True)
class Setting:
    """What is simulated: traffic, the canary's share in each minute, bake, policy, alarms."""

    traffic: Traffic
    shares: tuple[float, ...]
    bake_minutes: int
    rules: Rules
    alarms: tuple[Alarm, ...]

    @property
    def warm_up(self) -> int:
        """Minutes before the canary that the alarms look back at."""
        return max((alarm.period * alarm.periods for alarm in self.alarms), default=0)


@dataclass(frozen=True)
class Times:
    """In which minute each simulated canary was acted on, from 1; None where it never was."""

    minutes: tuple[int | None, ...]

    def share_by(self, minute: float) -> float:
        """The share that had been acted on by the end of this minute."""
        return sum(at is not None and at <= minute for at in self.minutes) / len(self.minutes)

    @property
    def median(self) -> int | None:
        """The minute by which half of all had been acted on; None if fewer ever were."""
        return self.quantile(0.5)

    def quantile(self, share: float) -> int | None:
        """The minute by which this share of all had been acted on."""
        done = sorted(at for at in self.minutes if at is not None)
        needed = math.ceil(share * len(self.minutes))
        return done[needed - 1] if needed <= len(done) else None


@dataclass(frozen=True)
class Outlook:
    """What becomes of one kind of canary; `shown` is when evidence speaks for a healthy one."""

    change: Change
    verdict: Times
    alarms: Times
    shown: Times


def outlooks(
    setting: Setting, runs: int, seed: int, told: Callable[[], object] = int
) -> list[Outlook]:
    """A healthy canary, and every regression. `told` is called after each simulated canary."""
    return [_outlook(setting, change, runs, seed, told) for change in (HEALTHY, *REGRESSIONS)]


def needed_minutes(
    setting: Setting, change: Change, share: float, chance: float, runs: int, seed: int
) -> int | None:
    """
    How long a canary of this share must last so that the verdict detects the change with this
    chance; None if it is longer than CodeDeploy allows.

    Minutes are put together where many are needed: evidence depends on counts, not on their grain.
    """
    traffic, random = setting.traffic, Random(f"{seed}/{change.name}/{share}")
    told = limits.information(
        share, traffic.error_rate, change.error_rate(traffic.error_rate), ERRORS.worse.ratio
    )
    limit = limits.calls_needed(1 / setting.rules.threshold, told) / traffic.calls_per_minute
    if limit > LONGEST_MINUTES:
        return None
    block = math.ceil(limit / _BLOCKS_TO_LIMIT)
    coarse = replace(traffic, calls_per_minute=traffic.calls_per_minute * block)
    shares = (share,) * _MOST_BLOCKS
    acts = [
        watch(minutes(random, coarse, change, shares, 0), [Verdict(setting.rules)])[0].minute
        for _ in range(runs)
    ]
    blocks = Times(tuple(acts)).quantile(chance)
    needed = None if blocks is None else blocks * block
    return needed if needed is not None and needed <= LONGEST_MINUTES else None


def _outlook(
    setting: Setting, change: Change, runs: int, seed: int, told: Callable[[], object]
) -> Outlook:
    random = Random(f"{seed}/{change.name}")
    shares = (*setting.shares, *(1.0,) * setting.bake_minutes)
    acted = []
    for _ in range(runs):
        served = minutes(random, setting.traffic, change, shares, setting.warm_up)
        acted.append([act.minute for act in watch(served, _judges(setting, change))])
        told()
    verdict, alarms, shown = zip(*acted, strict=True)
    return Outlook(change, Times(verdict), Times(alarms), Times(shown))


def _judges(setting: Setting, change: Change) -> list[Judge]:
    """The verdict, the alarms, and, for a healthy canary, what would end it early."""
    alarms = AnyOf(StaticAlarm(alarm) for alarm in setting.alarms)
    in_favour = Promotion(setting.rules) if change is HEALTHY else AnyOf(())
    return [Verdict(setting.rules), alarms, in_favour]
