"""What Lambda tells CloudWatch about invocations, for each set of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

Record = Callable[..., None]


@lru_cache(maxsize=1024)
def dimension_sets(
    function: str, qualifier: str | None, executed_version: str | None
) -> tuple[Mapping[str, str], ...]:
    """
    All functions; the function; the version or alias that was called; and, where an alias splits
    its calls, the version that answered. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
    """
    sets: list[Mapping[str, str]] = [{}, {"FunctionName": function}]
    if qualifier:
        resource = {"FunctionName": function, "Resource": f"{function}:{qualifier}"}
        sets.append(resource)
        if executed_version:
            sets.append(resource | {"ExecutedVersion": executed_version})
    return tuple(sets)


def count_invocations(
    sets: tuple[Mapping[str, str], ...], calls: int, errors: int, seconds: float
) -> None:
    """`calls` invocations that ran, `errors` of them with an error, each for so long."""
    count_outcomes(sets, calls, errors)
    count_durations(sets, {seconds: calls})


def count_outcomes(sets: tuple[Mapping[str, str], ...], calls: int, errors: int) -> None:
    """`calls` invocations that ran, `errors` of them with an error."""
    from canary.localaws.cloudwatch import record

    for dimensions in sets:
        record("AWS/Lambda", "Invocations", dimensions, 1.0, calls, "Count")
        if errors:
            record("AWS/Lambda", "Errors", dimensions, 1.0, errors, "Count")
        if calls > errors:
            record("AWS/Lambda", "Errors", dimensions, 0.0, calls - errors, "Count")
        record("AWS/Lambda", "Throttles", dimensions, 0.0, calls, "Count")


def count_durations(sets: tuple[Mapping[str, str], ...], durations: Mapping[float, int]) -> None:
    """How many invocations took how many seconds."""
    from canary.localaws.cloudwatch import record

    for dimensions in sets:
        for seconds, calls in durations.items():
            record("AWS/Lambda", "Duration", dimensions, seconds * 1000, calls, "Milliseconds")


def count_throttles(sets: tuple[Mapping[str, str], ...], calls: int) -> None:
    """`calls` invocations that were refused: they are neither invocations nor errors."""
    from canary.localaws.cloudwatch import record

    for dimensions in sets:
        record("AWS/Lambda", "Throttles", dimensions, 1.0, calls, "Count")
