"""The baseline: what is compared when there is a history, and when there is none."""

from msgspec.structs import replace

from release import baseline
from release.baseline import Baseline
from release.plan import Policy

POLICY = Policy(
    bake_minutes=10,
    guard_minutes=60,
    on_inconclusive="promote",
    end_early=False,
    evidence_threshold=100.0,
    minimum_calls=50,
    max_error_rate=0.05,
    latency_slo_ms=None,
    alarms="normal",
    fix_forward=[],
)


def compared(frozen: Baseline, policy: Policy = POLICY) -> list[str]:
    """The metrics of the rules."""
    return [one.metric for one in baseline.rules(frozen, policy).comparisons]


def test_without_a_history_errors_alone_are_compared() -> None:
    """There is nothing to call slow."""
    assert compared(Baseline()) == ["errors"]


def test_a_history_and_an_objective_add_latency() -> None:
    """Each percentile that is known, and the objective if there is one."""
    known = Baseline(p90=100.0, p99=200.0)
    assert compared(known) == ["errors", "p90", "p99"]
    assert compared(known, replace(POLICY, latency_slo_ms=1000.0)) == [
        "errors",
        "p90",
        "p99",
        "slo",
    ]


def test_slow_is_five_percent_over_the_percentile() -> None:
    """The objective is taken as it is."""
    over = baseline.thresholds(
        Baseline(p90=100.0, p99=2.857), replace(POLICY, latency_slo_ms=250.0)
    )
    assert (over.p90, over.p99, over.slo) == (105.0, 3.0, 250.0)


def test_the_rules_are_the_policy_s() -> None:
    """Threshold, minimum, limit and burst reach the statistics."""
    rules = baseline.rules(Baseline(burst=3.0), POLICY)
    assert (rules.threshold, rules.minimum_calls, rules.burst) == (100.0, 50, 3.0)
    assert rules.comparisons[0].limit == 0.05
