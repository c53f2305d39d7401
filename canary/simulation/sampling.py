"""Random counts, from the standard library alone."""

from __future__ import annotations

import math
from random import Random

_FEW = 12.0


def poisson(random: Random, mean: float) -> int:
    """How many of independent rare things happen where `mean` are expected."""
    if mean <= 0:
        return 0
    return _by_waiting(random, mean) if mean < _FEW else _by_rejection(random, mean)


def geometric(random: Random, mean: float) -> int:
    """A whole number from 1 on, of this mean, without memory."""
    if mean <= 1:
        return 1
    return 1 + int(math.log(1 - random.random()) / math.log1p(-1 / mean))


def _by_waiting(random: Random, mean: float) -> int:
    """Multiply waiting times until they are over."""
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def _by_rejection(random: Random, mean: float) -> int:
    """
    Exact, in a time that does not depend on the mean.

    Transformed rejection, algorithm PTRS with its constants: W. Hoermann, The transformed rejection
    method for generating Poisson random variables, Insurance: Mathematics and Economics 12 (1993).
    """
    log_mean, b = math.log(mean), 0.931 + 2.53 * math.sqrt(mean)
    a = 0.02483 * b - 0.059
    squeeze = 0.9277 - 3.6224 / (b - 2)
    log_height = math.log(1.1239 + 1.1328 / (b - 3.4))
    while True:
        u, v = random.random() - 0.5, 1 - random.random()
        distance = 0.5 - abs(u)
        if not distance:
            continue
        count = math.floor((2 * a / distance + b) * u + mean + 0.43)
        if distance >= 0.07 and v <= squeeze:
            return count
        if count < 0 or (distance < 0.013 and v > distance):
            continue
        density = count * log_mean - mean - math.lgamma(count + 1)
        if math.log(v) + log_height - math.log(a / distance**2 + b) <= density:
            return count
