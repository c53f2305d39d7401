"""
The baseline: what StartDeployment freezes of the stable version, so that no canary moves it.

Latency is compared by how many calls take longer than the stable version's 90th and 99th
percentile did; errors that usually come together count as one.
"""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec

from release import evalues
from release.aws import cloudwatch
from release.aws.cloudwatch import Thresholds
from release.plan import Plan, Policy
from release.statistics import ERRORS, P90, P99, SLO, Rules

TOLERANCE = 1.05
"""So many times a percentile is not slow yet."""


class Baseline(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """
    Percentiles of the alias's duration in ms, None without calls; and how many errors of one minute
    come together.
    """

    p90: float | None = None
    p99: float | None = None
    burst: float = 1.0


def freeze(plan: Plan) -> Baseline:
    """The baseline as it is now, from the alias's own last hours."""
    found = cloudwatch.history(plan.function, plan.alias, int(time.time()))
    return Baseline(p90=found.p90, p99=found.p99, burst=evalues.burst_divisor(found.errors))


def thresholds(baseline: Baseline, policy: Policy) -> Thresholds:
    """
    When a call is slow. 5 % over a percentile is not: where all calls take equally long, evidence
    would be quick to tell a difference that nobody minds.
    """
    return Thresholds(
        p90=_tolerant(baseline.p90), p99=_tolerant(baseline.p99), slo=policy.latency_slo_ms
    )


def rules(baseline: Baseline, policy: Policy) -> Rules:
    """What the statistics compare, and how much evidence decides."""
    comparisons = [replace(ERRORS, limit=policy.max_error_rate)]
    comparisons += [P90] if baseline.p90 is not None else []
    comparisons += [P99] if baseline.p99 is not None else []
    comparisons += [SLO] if policy.latency_slo_ms is not None else []
    return Rules(
        comparisons=tuple(comparisons),
        threshold=policy.evidence_threshold,
        burst=baseline.burst,
        minimum_calls=policy.minimum_calls,
    )


def _tolerant(percentile: float | None) -> float | None:
    return None if percentile is None else round(percentile * TOLERANCE, 3)
