"""An execution environment: a process under the runtime client, warm until it fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from selectors import EVENT_READ, DefaultSelector

from canary.localaws.account import current
from canary.localaws.awslambda import logs
from canary.localaws.awslambda.functions import Function
from canary.localaws.awslambda.interpreters import Interpreter
from canary.localaws.awslambda.outcomes import TIMED_OUT, Outcome, Request, Start, ended, timed_out
from canary.localaws.awslambda.packages import Places
from canary.localaws.awslambda.runtime_api import Message, RuntimeApi
from canary.localaws.clock import Account, OutOfTime

WATCHDOG_SECONDS = 30.0
"""How long, in real time, a process may be silent: more than any that computes will need."""
LARGEST_RESPONSE = 6 * 1024 * 1024 + 100
INIT_SECONDS = 10.0

_TICK = 0.05
_CHUNK = 1 << 16


class _EndedError(Exception):
    """The process has ended, or must; `kind` is AWS's name for it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Process:
    """A process, and the Runtime API that it asks for work."""

    def __init__(
        self,
        function: Function,
        interpreter: Interpreter,
        places: Places,
        variables: Mapping[str, str],
    ) -> None:
        self.log_stream = variables["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.is_busy = False
        self.last_used = 0.0
        self._start: Start | None = None
        self._start_seconds = current().random(self.log_stream).uniform(0.08, 0.16)
        self._places = {
            str(places.task).encode(): b"/var/task",
            str(places.opt).encode(): b"/opt",
            str(places.runtime).encode(): b"/var/runtime",
        }
        self._memory = function.memory_size * 1024
        # What sleeps for real has no more time than the function.
        self._patience = None if interpreter.is_virtual else float(function.timeout)
        self._output = bytearray()
        self._selector = DefaultSelector()
        self._api = RuntimeApi(self._selector)
        self._process = subprocess.Popen(
            [
                *interpreter.command,
                str(function.handler),
                str(places.opt),
                repr(current().clock.now()),
                repr(max(INIT_SECONDS, function.timeout)),
                str(self._api.door.fileno()),
            ],
            env={**variables, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            cwd=places.task,
            stdin=subprocess.PIPE,  # its end tells the process that the embedded AWS is gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[self._api.door.fileno()],
        )
        self._api.door.close()
        self._status = _opened(f"/proc/{self._process.pid}/status")
        assert self._process.stdout is not None  # noqa: S101 - for mypy
        self._pipe = self._process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._selector.register(self._pipe, EVENT_READ, self._drain)

    # -- a request ---------------------------------------------------------------------------------

    def answer(self, request: Request) -> Outcome:
        """Let the handler answer one event."""
        self.is_busy = True
        is_cold = self._start is None
        try:
            outcome = self._outcome(request, is_cold)
        finally:
            self.is_busy = False
        outcome.output = self._messages()
        outcome.start = self._start if is_cold else None
        return outcome

    def _outcome(self, request: Request, is_cold: bool) -> Outcome:
        with current().clock.accounting(request.limit) as spent:
            try:
                ready = self._begin(spent) if is_cold else self._wait()
                if ready.kind == "init/error":
                    outcome = self._replied(ready, request.overhead)
                    outcome.is_broken = True
                    return outcome
                self._api.send_event(request.payload, self._headers(request))
                message = self._wait(self._patience)
                self._check_memory()
                spent.add(message.slept)
                return self._replied(message, request.overhead + spent.seconds)
            except OutOfTime:
                return timed_out(request)
            except _EndedError as end:
                return ended(request, end.kind, str(end), request.overhead)

    def _begin(self, spent: Account) -> Message:
        """Wait until the process is ready for its first event, or says why it never will be."""
        slept, error = 0.0, TIMED_OUT
        try:
            ready = self._wait()
            slept = ready.slept
            error = json.loads(ready.body)["errorType"] if ready.kind == "init/error" else ""
        except _EndedError as end:
            error = end.kind
            raise
        finally:
            self._start = Start(self._start_seconds + slept, error, self._messages())
        if self._start.seconds > INIT_SECONDS:  # AWS starts it anew, within the invocation
            spent.add(self._start.seconds)
        return ready

    def _replied(self, message: Message, seconds: float) -> Outcome:
        if message.kind in ("error", "init/error"):
            payload = self._as_on_lambda(message.body)
            return Outcome(payload, seconds, json.loads(payload).get("errorType", "Unhandled"))
        if len(message.body) > LARGEST_RESPONSE:
            error = "Function.ResponseSizeTooLarge"
            text = (
                "Response payload size exceeded maximum allowed payload size "
                f"({LARGEST_RESPONSE} bytes)."
            )
            payload = json.dumps({"errorType": error, "errorMessage": text}).encode()
            return Outcome(payload, seconds, error)
        return Outcome(message.body, seconds)

    def _headers(self, request: Request) -> dict[str, str]:
        now = current().clock.now()
        digits = request.id.replace("-", "")
        return {
            "Lambda-Runtime-Aws-Request-Id": request.id,
            "Lambda-Runtime-Deadline-Ms": str(round((now + request.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": request.arn,
            "Lambda-Runtime-Trace-Id": (
                f"Root=1-{int(now):08x}-{digits[:24]};Parent={digits[16:]};Sampled=0"
            ),
            "Canary-Now": repr(now),
            "Canary-Limit": repr(request.limit),
        }

    def _messages(self) -> list[str]:
        """What it has written to its log since the last time."""
        self._drain()
        written = self._as_on_lambda(bytes(self._output))
        self._output.clear()
        return logs.messages(written)

    def _as_on_lambda(self, text: bytes) -> bytes:
        for here, there in self._places.items():
            text = text.replace(here, there)
        return text

    # -- the process -------------------------------------------------------------------------------

    def _wait(self, patience: float | None = None) -> Message:
        """The next message of the process; where it can call back, what it calls goes on."""
        clock = current().clock
        deadline = time.monotonic() + (patience or WATCHDOG_SECONDS)
        if current().endpoint is None:
            return self._receive(deadline)

        def outside() -> Message:
            with clock.outside():
                return self._receive(deadline)

        return clock.perform(outside)

    def _receive(self, deadline: float) -> Message:
        while not self._api.pending:
            ready = self._selector.select(_TICK)
            for key, _ in ready:
                message: Message | None = key.data()
                if message and message.kind == "timeout":
                    raise OutOfTime
                if message:
                    return message
            if self._process.poll() is not None:
                raise _EndedError("Runtime.ExitError", self._ending())
            if not ready:
                self._check_memory()
            if time.monotonic() > deadline:
                raise OutOfTime
        return self._api.pending.popleft()

    def _drain(self) -> None:
        """Take what was written; at its end, look no more."""
        try:
            while chunk := os.read(self._pipe, _CHUNK):
                self._output += chunk
        except BlockingIOError:
            return
        if self._pipe in self._selector.get_map():
            self._selector.unregister(self._pipe)

    def _check_memory(self) -> None:
        if _peak_kilobytes(self._status) > self._memory:
            raise _EndedError("Runtime.OutOfMemory", "Runtime exited with error: signal: killed")

    def _ending(self) -> str:
        status = self._process.wait()
        if status < 0:
            name = (signal.strsignal(-status) or f"signal {-status}").lower()
            return f"Runtime exited with error: signal: {name}"
        if status:
            return f"Runtime exited with error: exit status {status}"
        return "Runtime exited without providing a reason"

    def close(self) -> None:
        """End the process and those that it started."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._api.close()
        self._selector.close()
        if self._status is not None:
            os.close(self._status)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # noqa: S101 - for mypy
            pipe.close()


def _opened(path: str) -> int | None:
    """A file, to be read again and again; None where this machine has no such thing."""
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None


def _peak_kilobytes(status: int | None) -> int:
    """The most memory that the process has had; 0 where this machine does not tell."""
    if status is None:
        return 0
    try:
        _, found, rest = os.pread(status, _CHUNK, 0).partition(b"VmHWM:")
    except OSError:
        return 0
    return int(rest.split(maxsplit=1)[0]) if found else 0
