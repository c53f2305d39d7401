"""A z-test of two error rates that is looked at each minute: what not to do."""

from __future__ import annotations

import math

from release.statistics import Minute

_CRITICAL = 1.96  # one-sided 2.5 %, for a single look


class PeekedTest:
    """Rolls back as soon as the canary's error rate is significantly higher at some look."""

    def __init__(self) -> None:
        self._canary = self._stable = self._canary_calls = self._stable_calls = 0

    def sees(self, minute: Minute) -> bool:
        """Whether it is significant now, over all minutes of the canary."""
        if minute.start < 0:
            return False
        self._canary += minute.canary.errors
        self._canary_calls += minute.canary.calls
        self._stable += minute.stable.errors
        self._stable_calls += minute.stable.calls
        if not self._canary_calls or not self._stable_calls:
            return False
        calls = self._canary_calls + self._stable_calls
        pooled = (self._canary + self._stable) / calls
        variance = pooled * (1 - pooled) * (1 / self._canary_calls + 1 / self._stable_calls)
        difference = self._canary / self._canary_calls - self._stable / self._stable_calls
        return difference > _CRITICAL * math.sqrt(variance) > 0
