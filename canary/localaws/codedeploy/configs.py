"""
Deployment configurations for Lambda: how traffic moves from one version to the other.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from canary.localaws.codedeploy.exceptions import CodeDeployException

PREFIX = "CodeDeployDefault."
ALL_AT_ONCE = f"{PREFIX}LambdaAllAtOnce"
DEFAULT = f"{PREFIX}OneAtATime"
LONGEST_SHIFT_IN_MINUTES = 2880
MOST_CUSTOM_CONFIGS = 50

Routing = Mapping[str, Any]


@dataclass(frozen=True)
class DeploymentConfig:
    """One configuration. `routing` is the trafficRoutingConfig; those for servers have none."""

    id: str
    name: str
    routing: Routing | None
    created_at: datetime

    @property
    def platform(self) -> str:
        return "Lambda" if self.routing else "Server"

    def steps(self) -> list[tuple[float, float]]:
        """The shifts: seconds since the first one, and the new version's weight from then on."""
        steps = _steps(self.routing) if self.routing else []
        return [(60.0 * minutes, percent / 100) for minutes, percent in steps]

    def info(self) -> dict[str, Any]:
        """The structure of GetDeploymentConfig."""
        return {
            "deploymentConfigId": self.id,
            "deploymentConfigName": self.name,
            "computePlatform": self.platform,
            "trafficRoutingConfig": self.routing,
            "createTime": self.created_at,
        }


def canary(percentage: int, interval: int) -> Routing:
    """First `percentage`, after `interval` minutes the rest."""
    shift = {"canaryPercentage": percentage, "canaryInterval": interval}
    return {"type": "TimeBasedCanary", "timeBasedCanary": shift}


def linear(percentage: int, interval: int) -> Routing:
    """`percentage` more every `interval` minutes."""
    shift = {"linearPercentage": percentage, "linearInterval": interval}
    return {"type": "TimeBasedLinear", "timeBasedLinear": shift}


_PREDEFINED: dict[str, Routing | None] = {
    **{f"LambdaCanary10Percent{n}Minutes": canary(10, n) for n in (5, 10, 15, 30)},
    "LambdaLinear10PercentEvery1Minute": linear(10, 1),
    **{f"LambdaLinear10PercentEvery{n}Minutes": linear(10, n) for n in (2, 3, 10)},
    "LambdaAllAtOnce": {"type": "AllAtOnce"},
    "AllAtOnce": None,
    "HalfAtATime": None,
    "OneAtATime": None,
}
PREDEFINED = {
    PREFIX + name: DeploymentConfig(
        f"00000000-0000-0000-0000-{number:012d}",
        PREFIX + name,
        routing,
        datetime(2017, 11, 28, tzinfo=UTC),
    )
    for number, (name, routing) in enumerate(_PREDEFINED.items(), 1)
}


def check_routing(routing: Routing | None) -> None:
    """Refuse what is no routing of traffic for Lambda."""
    if routing is None:
        raise _invalid("A traffic routing configuration is required for Lambda.")
    if routing.get("type") == "AllAtOnce":
        return
    shift = _shift(routing)
    if len(shift) != 2 or shift[1] < 1:
        raise _invalid("A percentage and an interval of at least one minute are required.")
    if not 1 <= shift[0] <= 99:
        raise _invalid("The percentage of traffic per increment must be from 1 to 99.")
    if _steps(routing)[-1][0] > LONGEST_SHIFT_IN_MINUTES:
        raise _invalid(
            f"First and last traffic shift are at most {LONGEST_SHIFT_IN_MINUTES} minutes apart."
        )


def _steps(routing: Routing) -> list[tuple[int, int]]:
    if routing["type"] == "AllAtOnce":
        return [(0, 100)]
    percentage, interval = _shift(routing)
    if routing["type"] == "TimeBasedCanary":
        return [(0, percentage), (interval, 100)]
    percents = itertools.chain(range(percentage, 100, percentage), [100])
    return [(number * interval, percent) for number, percent in enumerate(percents)]


def _shift(routing: Routing) -> list[int]:
    """Percentage and interval, as far as they are given."""
    kind = {"TimeBasedCanary": "canary", "TimeBasedLinear": "linear"}.get(routing.get("type", ""))
    if kind is None:
        raise _invalid(f"{routing.get('type')} is no way to route traffic.")
    given = routing.get(f"timeBased{kind.title()}") or {}
    names = (f"{kind}Percentage", f"{kind}Interval")
    return [int(given[name]) for name in names if name in given]


def _invalid(message: str) -> CodeDeployException:
    return CodeDeployException("InvalidTrafficRoutingConfigurationException", message)
