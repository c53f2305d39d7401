"""
Which executions can be redriven, and which redrive a token stands for.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from canary.localaws.account import current
from canary.localaws.stepfunctions.history import QUOTA

if TYPE_CHECKING:
    from canary.localaws.stepfunctions.execution import LocalExecution

REDRIVABLE_FOR = timedelta(days=14)
LONGEST_EXECUTION = timedelta(days=365)
TOKEN_LIFE = timedelta(minutes=15)
TOKENS_KEPT = 10


class Redrives:
    """The dates of the latest redrives, by their client's tokens."""

    def __init__(self) -> None:
        self._dates: dict[str, datetime] = {}

    def get(self, token: str | None) -> datetime | None:
        """When the redrive of this token was, if it is still remembered."""
        date = self._dates.get(token or "")
        return date if date and current().clock.datetime() - date <= TOKEN_LIFE else None

    def add(self, token: str | None, date: datetime) -> None:
        """Remember it, and forget all but the last ten."""
        if token:
            self._dates.pop(token, None)
            self._dates[token] = date
            for oldest in list(self._dates)[:-TOKENS_KEPT]:
                del self._dates[oldest]


def why_not(execution: LocalExecution) -> str | None:
    """Why the execution cannot be redriven, as DescribeExecution says it; None, if it can."""
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution.status} and cannot be redriven"
    now = current().clock.datetime()
    if execution.stop_date and now - execution.stop_date > REDRIVABLE_FOR:
        return "Execution has exceeded the redrivable period and cannot be redriven"
    if now - execution.start_date > LONGEST_EXECUTION:
        return "Execution has exceeded the maximum execution time and cannot be redriven"
    if len(execution.history) >= QUOTA - 1:
        return "Execution has reached the history event limit and cannot be redriven"
    if has_deep_maps(execution.state_machine.definition):
        return "The embedded AWS cannot redrive a Map inside of a Map, nor a distributed one"
    return None


@lru_cache(64)
def has_deep_maps(definition: str) -> bool:
    """Whether iterations could not be told from one another by their index alone."""
    maps = list(_processors(json.loads(definition)))
    return any(
        processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
        or any(_processors(processor))
        for processor in maps
    )


def _processors(value: Any) -> Iterator[dict[str, Any]]:
    """What each Map in it does with an item."""
    if isinstance(value, list):
        for inner in value:
            yield from _processors(inner)
    if isinstance(value, dict):
        if value.get("Type") == "Map":
            yield value.get("ItemProcessor") or value.get("Iterator") or {}
        for inner in value.values():
            yield from _processors(inner)
