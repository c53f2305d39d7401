"""What may roll a canary back: the verdict, by the handler's own fold, and alarms."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from release import statistics
from release.statistics import Minute, Rules

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
}


class Judge(Protocol):
    """Sees one minute after the other."""

    def sees(self, minute: Minute) -> bool:
        """Whether it would roll back (or, one that judges for the canary, promote) now."""


class Verdict:
    """What `EvaluateCanary` concludes from the minutes: `statistics.step` over each."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.evidence = statistics.nothing(rules)

    def sees(self, minute: Minute) -> bool:
        """Whether the evidence is against the canary, or it is beyond its limits."""
        if not self._fold(minute):
            return False
        return statistics.speaks_against(
            self._rules, self.evidence
        ) or statistics.speaks_beyond_limits(self._rules, self.evidence)

    def _fold(self, minute: Minute) -> bool:
        if minute.start < 0:
            return False  # before the canary, which the handler does not read
        self.evidence = statistics.step(self._rules, self.evidence, minute)
        return True


class Promotion(Verdict):
    """The same evidence, read in the canary's favour."""

    def sees(self, minute: Minute) -> bool:
        """Whether the evidence is enough to end the canary early."""
        return self._fold(minute) and statistics.speaks_for(self._rules, self.evidence)


@dataclass(frozen=True)
class Alarm:
    """
    An alarm on the alias's errors, as AWS describes one: `datapoints` of the last `periods` breach.

    `period` in minutes. CloudWatch looks each minute, at windows that end with it and do not
    overlap. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
    """

    name: str
    threshold: float
    period: int = 1
    periods: int = 1
    datapoints: int = 1
    comparison: str = "GreaterThanThreshold"

    def __str__(self) -> str:
        """In an operator's words."""
        sign = ">" if self.comparison == "GreaterThanThreshold" else "≥"
        often = f"{self.datapoints} of {self.periods}"
        return f"errors {sign} {self.threshold:g} in {self.period} min, {often}"


COMMON_ALARM = Alarm("common alarm", threshold=5, period=5, periods=2, datapoints=2)
"""More than 5 errors in 5 minutes, twice: what most guides tell to set up."""
SAM_ALARM = Alarm("SAM's example alarm", threshold=0, periods=2, datapoints=2)
"""`AliasErrorMetricGreaterThanZeroAlarm` of SAM's guide to safe deployments."""


def is_known(comparison: str) -> bool:
    """Whether alarms with this comparison can be simulated."""
    return comparison in _COMPARISONS


class StaticAlarm:
    """Judges by an alarm."""

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm
        self._errors: deque[int] = deque(maxlen=alarm.period * alarm.periods)
        self._breaches = _COMPARISONS[alarm.comparison]

    def sees(self, minute: Minute) -> bool:
        """Whether it is in ALARM, if the canary has begun."""
        self._errors.append(minute.canary.errors + minute.stable.errors)
        if minute.start < 0:
            return False
        seen, period = list(self._errors)[::-1], self._alarm.period
        windows = [sum(seen[at : at + period]) for at in range(0, len(seen), period)]
        breaching = sum(self._breaches(each, self._alarm.threshold) for each in windows)
        return breaching >= self._alarm.datapoints


class AnyOf:
    """Judges by whichever is first, as CodeDeploy does by a group's alarms."""

    def __init__(self, judges: Iterable[Judge]) -> None:
        self._judges = list(judges)

    def sees(self, minute: Minute) -> bool:
        """Whether one of them would roll back; then none is asked again."""
        return any(judge.sees(minute) for judge in self._judges)


class Act(NamedTuple):
    """In which minute of the canary (from 1) a judge acts, and its failed calls until then."""

    minute: int | None
    failed: int


def watch(minutes: Iterable[Minute], judges: Sequence[Judge]) -> list[Act]:
    """When each judge acts first, if ever, and how many of the canary's calls have failed."""
    acts: list[Act | None] = [None] * len(judges)
    failed = 0
    for minute in minutes:
        failed += minute.canary.errors
        for place, judge in enumerate(judges):
            if acts[place] is None and judge.sees(minute):
                acts[place] = Act(minute.start // 60 + 1, failed)
        if None not in acts:
            break
    return [act or Act(None, failed) for act in acts]
