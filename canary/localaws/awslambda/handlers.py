"""The pipeline's own handlers, which run in this process."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from canary.localaws.account import current
from canary.localaws.awslambda import logs
from canary.localaws.awslambda.functions import Function
from canary.localaws.awslambda.modules import PackageModules
from canary.localaws.awslambda.outcomes import Outcome, Request, timed_out
from canary.localaws.clock import Account, OutOfTime

Handler = Callable[[object, object], object]


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


class OwnHandler:
    """An execution environment in this process: modules, environment variables, output streams and
    loggers of one function."""

    def __init__(self, function: Function, root: Path, variables: Mapping[str, str]) -> None:
        self.log_stream = variables["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.is_busy = False
        self.last_used = 0.0
        self._function = function
        self._root = str(root)
        self._handler: Handler | None = None
        self._variables = _encoded(variables)
        self._modules = PackageModules(root)
        self._written = io.BytesIO()
        self._output = io.TextIOWrapper(self._written, "utf-8", write_through=True)
        self._logging = logging.RootLogger(logging.WARNING)
        self._logging.addHandler(self._log_handler())
        self._manager = logging.Manager(self._logging)

    def answer(self, request: Request) -> Outcome:
        """Let the handler answer one event. Nothing parks meanwhile."""
        with current().clock.accounting(request.limit) as spent, self._active():
            try:
                payload, error = self._call(request, spent)
            except OutOfTime:
                outcome = timed_out(request)
            else:
                outcome = Outcome(payload, request.overhead + spent.seconds, error)
        outcome.output = logs.messages(self._written.getvalue())
        self._written.seek(0)
        self._written.truncate()
        return outcome

    def close(self) -> None:
        """Nothing is left of it."""

    def _call(self, request: Request, spent: Account) -> tuple[bytes, str | None]:
        function = self._function
        context = Context(
            function.function_name,
            str(function.version),
            request.arn,
            str(function.memory_size),
            request.id,
            function.log_group,
            self.log_stream,
            request.timeout,
            spent,
        )
        try:
            if self._handler is None:
                module, _, name = str(function.handler).rpartition(".")
                self._handler = getattr(import_module(module), name)
            answer = self._handler(json.loads(request.payload), context)
            return json.dumps(answer, ensure_ascii=False).encode(), None
        except Exception as error:
            report = self._report(error, request)
            logging.getLogger().error(json.dumps(report))
            return json.dumps(report).encode(), type(error).__name__

    def _report(self, error: Exception, request: Request) -> dict[str, object]:
        frames = traceback.extract_tb(error.__traceback__)
        while frames and not frames[0].filename.startswith(self._root):
            frames.pop(0)
        lines = [line.replace(self._root, "/var/task") for line in traceback.format_list(frames)]
        return {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "requestId": request.id,
            "stackTrace": lines,
        }

    @contextmanager
    def _active(self) -> Iterator[None]:
        """Within it, this process is the environment: nothing may park here."""
        self.is_busy = True
        process = sys.stdout, sys.stderr, (logging.root, logging.Logger.manager)
        variables = _exchange_variables(self._variables)
        sys.stdout = sys.stderr = self._output
        _set_loggers(self._logging, self._manager)
        try:
            with self._modules.in_place():
                yield
        finally:
            sys.stdout, sys.stderr, loggers = process
            _set_loggers(*loggers)
            _exchange_variables(variables)
            self.is_busy = False

    def _log_handler(self) -> logging.Handler:
        handler = logging.StreamHandler(self._output)
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        return handler


def _set_loggers(root: logging.RootLogger, manager: logging.Manager) -> None:
    """Loggers are found by name: with one tree, two functions would write into one log."""
    logging.root = logging.Logger.root = root
    logging.Logger.manager = manager


def _encoded(variables: Mapping[str, str]) -> dict[Any, Any]:
    environ = os.environ
    return {
        environ.encodekey(name): environ.encodevalue(value) for name, value in variables.items()
    }


def _exchange_variables(encoded: dict[Any, Any]) -> dict[Any, Any]:
    """
    Give `os.environ` other content, and give back what it held. One assignment instead of a hundred
    calls of putenv; the price is that a subprocess started without `env` inherits the variables of
    this process.
    """
    state = vars(os.environ)
    before: dict[Any, Any] = state["_data"]
    state["_data"] = encoded
    return before
