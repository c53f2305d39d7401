"""How traffic shifts: CodeDeploy's configs for Lambda as the canary's share in each minute."""

from __future__ import annotations

import re

LONGEST_MINUTES = 2880
"""CodeDeploy's two days."""
_CANARY = re.compile(r"^CodeDeployDefault\.LambdaCanary(\d+)Percent(\d+)Minutes\Z")
_LINEAR = re.compile(r"^CodeDeployDefault\.LambdaLinear(\d+)PercentEvery(\d+)Minutes?\Z")


def shares_of(config: str) -> tuple[float, ...] | None:
    """
    The share (0 to 1) in each minute before all traffic has shifted; None for a config that is
    unknown here: those of CodeDeploy itself say in their names what they do.
    """
    if config == "CodeDeployDefault.LambdaAllAtOnce":
        return ()
    if found := _CANARY.match(config):
        percent, minutes = map(int, found.groups())
        return steady(percent, minutes)
    if found := _LINEAR.match(config):
        percent, minutes = map(int, found.groups())
        return tuple(step / 100 for step in range(percent, 100, percent) for _ in range(minutes))
    return None


def steady(percent: float, minutes: int) -> tuple[float, ...]:
    """A canary of one share."""
    return (percent / 100,) * minutes
