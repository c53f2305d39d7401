"""
Schedules of rules: `rate(5 minutes)`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import re

from moto.events.exceptions import ValidationException

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def period_of(expression: str) -> float:
    """The seconds between two events of a schedule."""
    if expression.startswith("cron("):
        raise ValidationException(f"The embedded AWS runs rate() schedules only, not {expression}.")
    match = _RATE.fullmatch(expression)
    if match is None or match[1] == "0" or (match[1] == "1") is (match[3] == "s"):
        raise ValidationException("Parameter ScheduleExpression is not valid.")
    return int(match[1]) * _SECONDS[match[2]]
