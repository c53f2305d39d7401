"""What `canary simulate` was asked to simulate: from options, a request, and a function's past."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import msgspec

from canary.cli import past, requests, screen, stacks
from canary.cli.failures import UserError
from canary.cli.following import Target
from canary.cli.past import Past
from canary.simulation import schedules
from canary.simulation.forecast import Setting
from canary.simulation.judges import COMMON_ALARM
from canary.simulation.traffic import Traffic
from release import baseline, policy, request
from release.aws.cloudwatch import Week
from release.baseline import Baseline
from release.environment import Environment
from release.plan import Policy

_CONFIG = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
_MEDIAN, _SPREAD = 100.0, 0.7
_ASSUMED = Past(
    Week(calls_per_minute=60.0, error_rate=0.001, p50=None, p90=None), 1.0, (COMMON_ALARM,), ()
)
_POLICY = (
    "bake_minutes",
    "evidence_threshold",
    "minimum_calls",
    "max_error_rate",
    "latency_slo_ms",
)
_SPREADS = (0.01, 3.0)


@dataclass(frozen=True)
class Scenario:
    """The setting, and what is told of where it comes from."""

    setting: Setting
    policy: Policy
    source: str
    left_out: tuple[str, ...]


def of(function: str | None, alias: str, environment: str, **flags: Any) -> Scenario:
    """An option goes before the request, that before the function's past and its defaults."""
    body = requests.read(flags["request_file"]) if flags["request_file"] else {}
    shares = _shares(flags, body)
    said, seen, source = [_policy(body), _said(flags)], _ASSUMED, "assumed"
    if function is not None:
        target = Target(function, alias, environment)
        seen = past.read(target, stacks.connect(environment).application)
        said.insert(0, policy.defaults(str(target)))
        source = f"{target}, last week; policy without the stack's parameters"
    in_force = policy.merged(Environment(table_name=""), *said)
    setting = Setting(
        traffic=_traffic(flags, seen, in_force.latency_slo_ms),
        shares=shares,
        bake_minutes=in_force.bake_minutes,
        rules=baseline.rules(Baseline(p90=1, p99=1, burst=seen.burst), in_force),
        alarms=seen.alarms,
    )
    return Scenario(setting, in_force, source, seen.left_out)


def _traffic(flags: dict[str, Any], seen: Past, slo: float | None) -> Traffic:
    week, rate = seen.week, flags["error_rate"]
    return Traffic(
        calls_per_minute=flags["calls_per_minute"] or week.calls_per_minute,
        error_rate=week.error_rate if rate is None else rate,
        spread=flags["latency_spread"] or _spread(week),
        slo=slo / (flags["latency_ms"] or week.p50 or _MEDIAN) if slo else None,
        burst=(seen.burst + 1) / 2,  # of geometric bursts with this divisor
    )


def _spread(week: Week) -> float:
    """Of a lognormal duration with this median and 90th percentile."""
    if not week.p50 or not week.p90:
        return _SPREAD
    low, high = _SPREADS
    return min(high, max(low, math.log(week.p90 / week.p50) / NormalDist().inv_cdf(0.9)))


def _shares(flags: dict[str, Any], body: dict[str, Any]) -> tuple[float, ...]:
    config = flags["config"] or _part(body, "deployment").get("config") or _CONFIG
    if (flags["share"] is None) != (flags["minutes"] is None):
        raise UserError("--share and --minutes go together: --share 10 --minutes 5")
    if flags["share"] is not None:
        return schedules.steady(flags["share"], flags["minutes"])
    shares = schedules.shares_of(str(config))
    if shares is None:
        raise UserError(
            f"{config} is no config of CodeDeploy's own for Lambda. Say what it does instead: "
            "--share 10 --minutes 5"
        )
    if not shares:
        raise UserError(f"{config} shifts all at once: there is no canary to compare.")
    return shares


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name, {})
    if not isinstance(part, dict):
        raise UserError(f"The request's {name} must be an object, but is {part!r}.")
    return part


def _policy(body: dict[str, Any]) -> request.Policy:
    return _converted(_part(body, "policy"))


def _said(flags: dict[str, Any]) -> request.Policy:
    words = {name: flags[name] for name in _POLICY if flags[name] is not None}
    return _converted(screen.camel(words))


def _converted(words: dict[str, Any]) -> request.Policy:
    try:
        return msgspec.convert(words, request.Policy)
    except msgspec.ValidationError as error:
        raise UserError(f"The policy is not valid: {error}.") from error
