"""One run of a handler: its context, its answer or its error in AWS's words, and its log."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from canary.localaws.awslambda.environment import BootstrapError, Environment
from canary.localaws.awslambda.functions import Function
from canary.localaws.clock import Account, Clock, OutOfTime

UNHANDLED = "Unhandled"


@dataclass
class Context:
    """What the handler gets as its second argument."""

    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    timeout: float
    spent: Account
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take, in virtual time."""
        return max(0, int((self.timeout - self.spent.seconds) * 1000))


@dataclass(frozen=True)
class Outcome:
    """What came of one run."""

    payload: bytes
    error: str | None
    seconds: float
    log: str
    is_broken: bool


def run(
    clock: Clock,
    function: Function,
    environment: Environment,
    event: Any,
    arn: str,
    request_id: str,
    overhead: float,
) -> Outcome:
    """Let the handler answer one event; `overhead` is how long it takes if it never sleeps."""
    timeout = float(function.timeout)
    with environment.active(request_id), clock.accounting(timeout - overhead) as spent:
        context = Context(
            function.function_name,
            str(function.version),
            arn,
            str(function.memory_size),
            request_id,
            function.log_group,
            environment.log_stream,
            timeout,
            spent,
        )
        answer, note, is_broken = _answer(environment, event, context)
    seconds = min(overhead + spent.seconds, timeout)
    return Outcome(
        payload=json.dumps(answer).encode() if note else answer,
        error=UNHANDLED if note else None,
        seconds=seconds,
        log=_log(function, request_id, environment.take_output() + note, seconds),
        is_broken=is_broken,
    )


def _answer(environment: Environment, event: Any, context: Context) -> tuple[Any, str, bool]:
    """The answer; or the error, its note in the log, and whether it ends the environment."""
    try:
        return _marshal(environment.handler()(event, context)), "", False
    except OutOfTime:
        message = f"Task timed out after {context.timeout:.2f} seconds"
        error = {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {context.aws_request_id} Error: {message}",
        }
        return error, f"{context.aws_request_id} {message}\n", True
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else int(exit.code is not None)
        message = (
            f"RequestId: {context.aws_request_id} Error: "
            f"Runtime exited with error: exit status {status}"
        )
        return {"errorType": "Runtime.ExitError", "errorMessage": message}, message + "\n", True
    except BootstrapError as failure:
        report = _report(environment, context, failure, failure.kind, failure.__cause__)
    except Exception as error:
        report = _report(environment, context, error, type(error).__name__, error)
    return *report, not environment.is_loaded


def _marshal(answer: object) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise BootstrapError(
            "Runtime.MarshalError", f"Unable to marshal response: {error}"
        ) from None


def _report(
    environment: Environment,
    context: Context,
    error: BaseException,
    kind: str,
    cause: BaseException | None,
) -> tuple[dict[str, object], str]:
    trace = _stack(environment, cause.__traceback__ if cause else None)
    payload: dict[str, object] = {
        "errorMessage": str(error),
        "errorType": kind,
        "requestId": context.aws_request_id,
        "stackTrace": trace,
    }
    heading = "Traceback (most recent call last):\n" if trace else ""
    return payload, f"[ERROR] {kind}: {error}\n{heading}{''.join(trace)}\n"


def _stack(environment: Environment, trace: TracebackType | None) -> list[str]:
    """The frames from the package's first one on, where Lambda would have them."""
    frames = traceback.extract_tb(trace)
    while frames and not frames[0].filename.startswith(tuple(environment.roots)):
        frames.pop(0)
    lines = traceback.format_list(frames)
    for root in environment.roots:
        lines = [line.replace(root, "/var/task") for line in lines]
    return lines


def _log(function: Function, request_id: str, output: str, seconds: float) -> str:
    ending = "\n" if output and not output.endswith("\n") else ""
    milliseconds = seconds * 1000
    return (
        f"START RequestId: {request_id} Version: {function.version}\n"
        f"{output}{ending}"
        f"END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
        f"Billed Duration: {-int(-milliseconds // 1)} ms\t"
        f"Memory Size: {function.memory_size} MB\t"
        f"Max Memory Used: {function.memory_size // 2} MB\t\n"
    )
