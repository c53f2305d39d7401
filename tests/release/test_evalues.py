"""E-values: exact values, and the inequality that makes them evidence."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release import evalues
from release.evalues import NO_COMPARISON, Hypothesis, Sample

BILLION = 10**9
WORSE = Hypothesis(1.1, 0.0, (1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0))
NOT_WORSE = Hypothesis(1.5, 0.005, (0.9, 0.75, 0.5, 0.25, 0.1, 0.02))
hypotheses = st.sampled_from([WORSE, NOT_WORSE, Hypothesis(1.25, 0.03, (1.2, 30.0, 0.02))])


def samples(largest: int = BILLION) -> st.SearchStrategy[Sample]:
    """Bad calls and calls, also none."""
    return st.integers(0, largest).flatmap(
        lambda calls: st.tuples(st.integers(0, calls), st.just(calls))
    )


def exact(ratio: Fraction, effect: Fraction, canary: Sample, stable: Sample) -> Fraction:
    """The e-value without a margin, as the specification writes it, in whole numbers."""
    (bad, calls), (stable_bad, stable_calls) = canary, stable
    shrink = (stable_calls + ratio * calls) / (stable_calls + ratio * effect * calls)
    return effect**bad * shrink ** (bad + stable_bad)


def test_three_failures_of_ten_against_none_of_ten() -> None:
    """By hand: 3 cubed, times (20 / 40) cubed."""
    e_value = evalues.log_e_value(Hypothesis(1.0, 0.0, (3.0,)), 3.0, (3, 10), (0, 10))
    assert math.exp(e_value) == pytest.approx(27 / 8)


def test_no_failures_speak_for_the_canary_by_its_margin() -> None:
    """By hand: only the margin's factor is left, exp(0.02 * 100 * 100 / 150 * 0.5)."""
    e_value = evalues.log_e_value(Hypothesis(1.0, 0.02, (0.5,)), 0.5, (0, 100), (0, 100))
    assert e_value == pytest.approx(0.02 * 100 * 100 / 150 * 0.5)


def test_a_fixed_limit_needs_no_stable_version() -> None:
    """By hand: 2 to the 5th against the 2 that the limit allows."""
    e_value = evalues.log_e_value(Hypothesis(0.0, 0.02, (2.0,)), 2.0, (5, 100), NO_COMPARISON)
    assert e_value == pytest.approx(5 * math.log(2) - 2)


@given(
    st.fractions(1, 2, max_denominator=20),
    st.fractions(Fraction(1, 50), 100, max_denominator=50).filter(bool),
    samples(60),
    samples(60),
)
def test_the_formula_is_the_specified_one(
    ratio: Fraction, effect: Fraction, canary: Sample, stable: Sample
) -> None:
    """Logarithms of floats agree with exact arithmetic on fractions."""
    null = Hypothesis(float(ratio), 0.0, (float(effect),))
    wanted = exact(ratio, effect, canary, stable) if canary[1] and stable[1] else Fraction(1)
    found = evalues.log_e_value(null, float(effect), canary, stable)
    assert found == pytest.approx(_log(wanted), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("calls", "stable_calls"), [(1, 1), (1, 9), (5, 5), (9, 1), (3, 40)])
@pytest.mark.parametrize("null", [WORSE, NOT_WORSE, Hypothesis(2.0, 0.01, (4.0, 0.3))])
def test_a_true_null_is_never_expected_to_lose(
    null: Hypothesis, calls: int, stable_calls: int
) -> None:
    """The mean of the e-value over all outcomes is at most 1, at the boundary and within."""
    for effect, stable_share in product(null.effects, (0.0, 0.0005, 0.01, 0.1, 0.3, 0.5)):
        boundary = min(1.0, null.ratio * stable_share + null.margin)
        inside = boundary / 2 if effect > 1 else (1 + boundary) / 2
        for share in (boundary, inside):
            expectation = math.fsum(
                chance
                * other
                * math.exp(
                    evalues.log_e_value(null, effect, (bad, calls), (stable_bad, stable_calls))
                )
                for bad, chance in _binomial(calls, share)
                for stable_bad, other in _binomial(stable_calls, stable_share)
            )
            if stable_share * null.ratio + null.margin <= 1:
                assert expectation <= 1 + 1e-12


def test_the_expectation_grows_where_the_null_is_false() -> None:
    """A canary that is five times worse is expected to be found out."""
    expectation = math.fsum(
        chance * other * math.exp(evalues.log_e_value(WORSE, 3.0, (bad, 20), (stable_bad, 40)))
        for bad, chance in _binomial(20, 0.25)
        for stable_bad, other in _binomial(40, 0.05)
    )
    assert expectation > 1.5


@given(hypotheses, samples(), samples())
def test_nothing_overflows(null: Hypothesis, canary: Sample, stable: Sample) -> None:
    """Up to a thousand million calls a minute every e-value and every mean is a finite number."""
    bets = evalues.raised((0.0,) * len(null.effects), null, canary, stable)
    assert all(map(math.isfinite, bets))
    assert min(bets) - 1e-6 <= evalues.average(bets) <= max(bets) + 1e-6


@given(hypotheses, samples())
def test_an_empty_side_says_nothing(null: Hypothesis, sample: Sample) -> None:
    """Without calls on either side the e-value is 1."""
    for effect in null.effects:
        assert evalues.log_e_value(null, effect, sample, (0, 0)) == 0
        assert evalues.log_e_value(null, effect, (0, 0), sample) == 0


@given(hypotheses, samples(10**6), samples(10**6))
def test_a_minute_may_be_cut_in_two(null: Hypothesis, canary: Sample, stable: Sample) -> None:
    """Two halves with the same split multiply to the whole."""
    for effect in null.effects:
        half = evalues.log_e_value(null, effect, canary, stable)
        whole = evalues.log_e_value(
            null, effect, (2 * canary[0], 2 * canary[1]), (2 * stable[0], 2 * stable[1])
        )
        assert whole == pytest.approx(2 * half)


@given(hypotheses, st.integers(1, 10_000), st.integers(1, 10_000), st.data())
def test_each_failure_speaks_against_its_version(
    null: Hypothesis, calls: int, stable_calls: int, data: st.DataObject
) -> None:
    """One more failure of the canary raises bets that it is worse, and lowers that it is not."""
    bad = data.draw(st.integers(0, calls - 1))
    stable_bad = data.draw(st.integers(0, stable_calls - 1))
    for effect in null.effects:
        sign = 1 if effect > 1 else -1
        before = evalues.log_e_value(null, effect, (bad, calls), (stable_bad, stable_calls))
        worse = evalues.log_e_value(null, effect, (bad + 1, calls), (stable_bad, stable_calls))
        better = evalues.log_e_value(null, effect, (bad, calls), (stable_bad + 1, stable_calls))
        assert sign * (worse - before) > 0 > sign * (better - before)


@pytest.mark.parametrize(
    ("errors", "divisor"),
    [
        ([], 1.0),
        ([7], 1.0),
        ([0] * 120, 1.0),
        ([5] * 120, 1.0),
        ([0, 4] * 60, 4.0),  # mean 2; each difference squared is 16, half of it 8
        ([0] * 60 + [400, 400] + [0] * 60, 12.0),  # an outage: 200 by the formula
        (list(range(120)), 1.0),  # a drift is no burst
        ([1, 2] * 60, 1.0),  # 1/3
    ],
)
def test_bursts_are_seen_in_differences(errors: list[int], divisor: float) -> None:
    """By hand: half the mean squared difference over the mean; below 1.3 it is 1, 12 at most."""
    assert evalues.burst_divisor(errors) == pytest.approx(divisor)


def test_a_burst_counts_as_one() -> None:
    """Dividing by the burst equals dividing all counts by it."""
    bets = (0.0,) * len(NOT_WORSE.effects)
    divided = evalues.raised(bets, NOT_WORSE, (30, 300), (60, 900), divisor=3.0)
    assert divided == pytest.approx(evalues.raised(bets, NOT_WORSE, (10, 100), (20, 300)))


def _binomial(trials: int, share: float) -> Iterator[tuple[int, float]]:
    for hits in range(trials + 1):
        yield hits, math.comb(trials, hits) * share**hits * (1 - share) ** (trials - hits)


def _log(number: Fraction) -> float:
    return math.log(number.numerator) - math.log(number.denominator)
