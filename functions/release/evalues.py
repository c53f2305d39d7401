"""
E-values: how strongly counts speak against a hypothesis about two versions. Pure.

An e-value is what a gambler owns who began with 1 and bet against a hypothesis, minute by minute,
at odds that are fair or worse while it holds. The chance of ever owning 20 is then at most 1 in 20,
whatever the traffic, the split, the drift of the stable version's own share, and however often one
looks (Ville 1939; Ramdas et al. 2023, https://arxiv.org/abs/2210.01948). All are kept as natural
logarithms: 0 is no evidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

Bets: TypeAlias = tuple[float, ...]
"""What each bet owns, one bet per effect size."""
Sample: TypeAlias = tuple[int, int]
"""Bad calls, and the calls that they are out of."""

NO_COMPARISON: Sample = (0, 1)
"""In place of the stable version's sample where the hypothesis is a fixed limit: it cancels out."""
_WORTH_DIVIDING, _MOST_DIVIDING = 1.3, 12.0


@dataclass(frozen=True)
class Hypothesis:
    """
    `canary's share = ratio * stable's share + margin`, and effect sizes to bet on.

    An effect above 1 bets on a canary that is worse than that by this factor, one below 1 on a
    better one. A ratio of 0 makes the margin a fixed limit.
    """

    ratio: float
    margin: float
    effects: tuple[float, ...]


def log_e_value(null: Hypothesis, effect: float, canary: Sample, stable: Sample) -> float:
    """
    What one minute multiplies a bet by, as a natural logarithm; 0 if a side served nothing.

    The expectation of the e-value is at most 1 where the canary's share is at most the null's, for
    effects above 1, or at least the null's, for effects below 1.
    """
    (canary_bad, canary_calls), (stable_bad, stable_calls) = canary, stable
    if not canary_calls or not stable_calls:
        return 0.0
    tolerated = null.ratio * canary_calls
    whole = stable_calls + effect * tolerated
    return (
        canary_bad * math.log(effect)
        - (canary_bad + stable_bad)
        * math.log1p((effect - 1) * tolerated / (stable_calls + tolerated))
        - null.margin * canary_calls * (stable_calls / whole) * (effect - 1)
    )


def average(bets: Bets) -> float:
    """What all bets own together if each began with an equal part: ln of the mean of e-values."""
    return log_sum(bets) - math.log(len(bets))


def raised(
    bets: Bets, null: Hypothesis, canary: Sample, stable: Sample, divisor: float = 1.0
) -> Bets:
    """
    The bets after one minute. `divisor` (1 or more) is how many bad calls come together as one.

    Dividing keeps them valid: E[e^(1/d)] <= E[e]^(1/d) <= 1 (Jensen).
    """
    return tuple(
        bet + log_e_value(null, effect, canary, stable) / divisor
        for bet, effect in zip(bets, null.effects, strict=True)
    )


def burst_divisor(errors_per_minute: Sequence[int]) -> float:
    """
    How many errors come together: variance over mean of a minute's errors, 1 if they come singly.

    From differences of minutes that follow each other, so that a slow drift is no burst; 12 at
    most, so that one past outage does not blind the judge.
    """
    mean = sum(errors_per_minute) / max(1, len(errors_per_minute))
    steps = [(after - before) ** 2 for before, after in pairwise(errors_per_minute)]
    if not mean or not steps:
        return 1.0
    divisor = sum(steps) / len(steps) / 2 / mean
    return min(divisor, _MOST_DIVIDING) if divisor >= _WORTH_DIVIDING else 1.0


def log_sum(logarithms: Sequence[float]) -> float:
    """ln of a sum whose terms are given as logarithms, without leaving them."""
    largest = max(logarithms)
    return largest + math.log(math.fsum(math.exp(each - largest) for each in logarithms))
