"""A function's log as Lambda writes it: text or JSON, its own messages and the platform's."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from canary.localaws.awslambda.functions import Function
from canary.localaws.awslambda.outcomes import TIMED_OUT, Outcome, Request, Start

# What awslambdaric writes where it is given a descriptor: type, length, time, and one message.
_FRAME = re.compile(rb"\xa5\x5a\x00[\x02-\x1b]")
_LEVELS = {
    name: rank
    for rank, names in enumerate(
        (("TRACE",), ("DEBUG",), ("INFO",), ("WARN", "WARNING"), ("ERROR",), ("FATAL", "CRITICAL"))
    )
    for name in names
}


def messages(output: bytes) -> list[str]:
    """The messages in what a process wrote: a frame each, or a line."""
    found: list[str] = []
    while output:
        frame = _FRAME.search(output)
        text = output[: frame.start()] if frame else output
        found += text.decode("utf-8", "replace").removesuffix("\n").split("\n") if text else []
        if frame is None:
            break
        begin = frame.end() + 12
        end = begin + int.from_bytes(output[frame.end() : frame.end() + 4], "big")
        found.append(output[begin:end].decode("utf-8", "replace").removesuffix("\n"))
        output = output[end:]
    return found


def log(function: Function, request: Request, outcome: Outcome, now: datetime) -> list[str]:
    """The messages that one invocation leaves, in the format and from the levels configured."""
    if function.logging["LogFormat"] == "JSON":
        return list(_as_json(function, request, outcome, now))
    return list(_as_text(function, request, outcome, now))


# -- text ------------------------------------------------------------------------------------------


def _as_text(
    function: Function, request: Request, outcome: Outcome, now: datetime
) -> Iterator[str]:
    start, status = outcome.start, _status(outcome)
    if start:
        version = _runtime(function)
        yield f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {_arn(function)}"
        yield from start.output
    if start and start.error:
        yield (
            f"INIT_REPORT Init Duration: {start.seconds * 1000:.2f} ms\tPhase: init\t"
            f"Status: error\tError Type: {start.error}"
        )
    yield f"START RequestId: {request.id} Version: {function.version}"
    yield from outcome.output
    if outcome.error == TIMED_OUT:
        yield f"{_time(now)} {request.id} Task timed out after {request.timeout:.2f} seconds"
    elif outcome.is_broken and not (start and start.error):
        yield str(json.loads(outcome.payload)["errorMessage"])
    yield f"END RequestId: {request.id}"
    init = f"Init Duration: {start.seconds * 1000:.2f} ms\t" if start and not start.error else ""
    ends = {"success": "", "timeout": "Status: timeout"}
    end = ends.get(status, f"Status: error\tError Type: {outcome.error}")
    yield (
        f"REPORT RequestId: {request.id}\tDuration: {outcome.seconds * 1000:.2f} ms\t"
        f"Billed Duration: {_billed(outcome)} ms\tMemory Size: {function.memory_size} MB\t"
        f"Max Memory Used: {function.memory_size // 2} MB\t{init}{end}"
    )


# -- JSON ------------------------------------------------------------------------------------------


def _as_json(
    function: Function, request: Request, outcome: Outcome, now: datetime
) -> Iterator[str]:
    start, *ends = _invocation_events(function, request, outcome)
    if outcome.start:
        begin, *rest = _init_events(function, outcome.start)
        yield from _written(function, [begin], now)
        yield from _passing(function, outcome.start.output)
        yield from _written(function, rest, now)
    yield from _written(function, [start], now)
    yield from _passing(function, outcome.output)
    yield from _written(function, ends, now)


def _passing(function: Function, output: Sequence[str]) -> Iterator[str]:
    lowest = _LEVELS[function.logging["ApplicationLogLevel"]]
    return (message for message in output if _level(message) >= lowest)


Event = tuple[str, str, Mapping[str, object]]
"""Of the platform: level, type and record."""


def _init_events(function: Function, start: Start) -> Iterator[Event]:
    phase = {"initializationType": "on-demand", "phase": "init"}
    yield (
        "INFO",
        "initStart",
        {
            **phase,
            "runtimeVersion": _runtime(function),
            "runtimeVersionArn": _arn(function),
            "functionName": function.function_name,
            "functionVersion": str(function.version),
        },
    )
    level = "WARN" if start.error else "DEBUG"
    end = _end("error" if start.error else "success", start.error)
    yield level, "initRuntimeDone", {**phase, **end}
    yield level, "initReport", {**phase, **end, "metrics": {"durationMs": _milliseconds(start)}}


def _invocation_events(
    function: Function, request: Request, outcome: Outcome
) -> tuple[Event, Event, Event]:
    status = _status(outcome)
    done = {"durationMs": _milliseconds(outcome), "producedBytes": len(outcome.payload)}
    metrics: dict[str, object] = {
        "durationMs": _milliseconds(outcome),
        "billedDurationMs": _billed(outcome),
        "memorySizeMB": function.memory_size,
        "maxMemoryUsedMB": function.memory_size // 2,
    }
    if outcome.start:
        metrics["initDurationMs"] = _milliseconds(outcome.start)
    end = {"requestId": request.id, **_end(status, outcome.error)}
    is_good = status == "success"
    return (
        ("INFO", "start", {"requestId": request.id, "version": str(function.version)}),
        ("DEBUG" if is_good else "WARN", "runtimeDone", {**end, "metrics": done}),
        ("INFO" if is_good else "WARN", "report", {**end, "metrics": metrics}),
    )


def _end(status: str, error: str | None) -> dict[str, str | None]:
    return {"status": status} if status == "success" else {"status": status, "errorType": error}


def _written(function: Function, events: Sequence[Event], now: datetime) -> Iterator[str]:
    lowest = _LEVELS[function.logging["SystemLogLevel"]]
    for level, kind, record in events:
        if _LEVELS[level] >= lowest:
            yield json.dumps({"time": _time(now), "type": f"platform.{kind}", "record": record})


def _level(message: str) -> int:
    """The level that a JSON message names, else INFO; plain text has none and always passes."""
    try:
        fields = json.loads(message) if message.startswith("{") else None
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return max(_LEVELS.values())
    return _LEVELS.get(str(fields.get("level")).upper(), _LEVELS["INFO"])


# -- both ------------------------------------------------------------------------------------------


def _status(outcome: Outcome) -> str:
    if outcome.error == TIMED_OUT:
        return "timeout"
    return "error" if outcome.is_broken else "success"


def _milliseconds(what: Start | Outcome) -> float:
    return round(what.seconds * 1000, 3)


def _billed(outcome: Outcome) -> int:
    """Since August 2025 the start of an environment is billed like what follows it."""
    start = outcome.start.seconds if outcome.start else 0
    return math.ceil(round((outcome.seconds + start) * 1000, 6))


def _time(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _runtime(function: Function) -> str:
    runtime = str(function.run_time).removesuffix(".x")
    language = runtime.rstrip("0123456789.")
    return f"{language}:{runtime.removeprefix(language)}.v1"


def _arn(function: Function) -> str:
    return f"arn:aws:lambda:{function.region}::runtime:{_runtime(function)}"
