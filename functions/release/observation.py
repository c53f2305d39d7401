"""What is seen of a canary in one turn. Pure data, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from release import statistics
from release.statistics import Evidence, Metric, Minute, Rules


@dataclass(frozen=True)
class Observation:
    """
    What was seen this turn. Times in epoch seconds.

    `status` and `deployment_error` are CodeDeploy's; `red` says which alarms are in ALARM and why;
    `unreadable` what could not be read and `unreadable_turns` how often in a row, this one
    included; `deadline` is when the canary must be judged, None where it has been or where traffic
    shifts all at once, which is not `is_compared`; `overdue` is when the deployment must be over,
    `completed_at` when it was. `passed_over` are alarms that policy `fixForward` takes off; `slow`
    says, as words, what each latency metric calls slow.
    """

    now: int
    canary_version: str
    stable_version: str
    status: str
    overdue: int
    bake_minutes: int
    deadline: int | None = None
    completed_at: int | None = None
    deployment_error: str = ""
    alias: str = ""
    alias_as_expected: bool = True
    red: str = ""
    requested: str = ""
    unreadable: str = ""
    unreadable_turns: int = 0
    rules: Rules = field(default_factory=Rules)
    minutes: Sequence[Minute] = ()
    on_inconclusive: Literal["promote", "roll_back"] = "promote"
    may_end_early: bool = False
    is_compared: bool = True
    passed_over: Sequence[str] = ()
    slow: Mapping[Metric, str] = field(default_factory=dict)

    @cached_property
    def evidence(self) -> Evidence:
        """What the minutes say."""
        return statistics.weigh(self.rules, self.minutes)

    @property
    def is_at_deadline(self) -> bool:
        """Whether the canary must be judged now."""
        return self.deadline is not None and self.now >= self.deadline
