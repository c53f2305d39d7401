"""Random counts: mean and variance, from both algorithms."""

from random import Random

import pytest

from canary.simulation.sampling import geometric, poisson

_DRAWS = 4000


@pytest.mark.parametrize("mean", [0.2, 11.9, 12.1, 60_000])
def test_poisson_has_its_mean_as_variance(mean: float) -> None:
    """Within five standard errors, on both sides of where the algorithm changes."""
    random = Random(1)
    drawn = [poisson(random, mean) for _ in range(_DRAWS)]
    average = sum(drawn) / _DRAWS
    variance = sum((each - average) ** 2 for each in drawn) / _DRAWS
    assert average == pytest.approx(mean, abs=5 * (mean / _DRAWS) ** 0.5)
    assert variance == pytest.approx(mean, rel=0.12 + 0.2 / mean**0.5 / 10)


def test_nothing_happens_where_nothing_is_expected() -> None:
    """No division by zero, no negative counts."""
    assert poisson(Random(1), 0) == 0
    assert geometric(Random(1), 1) == 1


def test_geometric_has_its_mean() -> None:
    """From 1 on."""
    random = Random(1)
    drawn = [geometric(random, 6) for _ in range(_DRAWS)]
    assert min(drawn) == 1
    assert sum(drawn) / _DRAWS == pytest.approx(6, abs=0.45)
