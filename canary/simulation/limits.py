"""
How few calls any test can need, whatever it does: Wald's bound for two versions side by side.

A test that rolls back a healthy canary with probability alpha at most, and surely a bad one, needs
ln(1 / alpha) / I calls on average (Wald 1945), where I is the information of one call.
"""

from __future__ import annotations

import math
from collections.abc import Callable


def information(share: float, stable: float, canary: float, ratio: float = 1.0) -> float:
    """
    What one call of the alias tells (natural logarithm): I = min over s of
    `share * KL(canary, ratio * s) + (1 - share) * KL(stable, s)`.

    `share` is the canary's; `stable` and `canary` are error rates. It is 0 where the canary is
    within the tolerated ratio. The stable version's rate is not known, hence the minimum.
    """
    if canary <= ratio * stable:
        return 0.0

    def told(rate: float) -> float:
        within = min(ratio * rate, 1 - 1e-12)
        return share * _divergence(canary, within) + (1 - share) * _divergence(stable, rate)

    return told(_lowest(told, max(stable, 1e-12), min(canary / ratio, 1 - 1e-12)))


def calls_needed(alpha: float, told: float) -> float:
    """Calls of the alias until a rollback, on average at least; infinite without information."""
    return math.log(1 / alpha) / told if told > 0 else math.inf


def _divergence(p: float, q: float) -> float:
    first = p * math.log(p / q) if p > 0 else 0.0
    second = (1 - p) * math.log((1 - p) / (1 - q)) if p < 1 else 0.0
    return first + second


def _lowest(of: Callable[[float], float], low: float, high: float) -> float:
    """Where a convex function is lowest, by ternary search."""
    for _ in range(200):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if of(left) <= of(right):
            high = right
        else:
            low = left
    return (low + high) / 2
