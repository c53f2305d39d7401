"""The theoretical limit, against values that were computed elsewhere."""

import math

import pytest

from canary.simulation import limits


@pytest.mark.parametrize(
    ("share", "stable", "canary", "calls"),
    [
        (0.1, 0.001, 0.0015, 4.80e5),
        (0.1, 0.001, 0.002, 1.36e5),
        (0.1, 0.001, 0.501, 36.8),
        (0.1, 0.01, 0.05, 1350),
        (0.5, 0.001, 0.005, 6310),
        (0.9, 0.001, 0.051, 1030),
    ],
)
def test_calls_to_a_rollback(share: float, stable: float, canary: float, calls: float) -> None:
    """Two samples, alpha 1 %."""
    told = limits.information(share, stable, canary)
    assert limits.calls_needed(0.01, told) == pytest.approx(calls, rel=0.005)


def test_equal_rates_have_a_closed_form() -> None:
    """The lowest common rate of equal shares is the mean: Jensen and Shannon's divergence."""
    p, q = 0.3, 0.1
    entropy = {
        each: -each * math.log(each) - (1 - each) * math.log(1 - each) for each in (p, q, 0.2)
    }
    wanted = entropy[0.2] - (entropy[p] + entropy[q]) / 2
    assert limits.information(0.5, q, p) == pytest.approx(wanted, rel=1e-6)


def test_what_is_tolerated_tells_nothing() -> None:
    """Within the ratio no test can ever need enough calls."""
    assert limits.information(0.1, 0.01, 0.0109, ratio=1.1) == 0
    assert limits.calls_needed(0.01, 0.0) == math.inf
    assert limits.information(0.1, 0.01, 0.02, 1.1) < limits.information(0.1, 0.01, 0.02)
