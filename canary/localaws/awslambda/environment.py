"""An execution environment: one version's code, and all that this code believes to be its own."""

from __future__ import annotations

import io
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from canary.localaws.awslambda.modules import PackageModules

Handler = Callable[[object, object], object]


class BootstrapError(Exception):
    """The runtime, not the handler, says what is wrong; `kind` is AWS's name for it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Environment:
    """Modules, environment variables, output streams and loggers of one version."""

    def __init__(
        self, roots: Sequence[Path], handler: str, variables: Mapping[str, str], log_stream: str
    ) -> None:
        self.roots = [str(root) for root in roots]
        self.log_stream = log_stream
        self.request_id = ""
        self.is_busy = False
        self._handler_name = handler
        self._handler: Handler | None = None
        self._variables = _encoded(variables)
        self._modules = PackageModules(roots)
        self._written = io.BytesIO()
        self._output = io.TextIOWrapper(self._written, "utf-8", write_through=True)
        self._root = logging.RootLogger(logging.WARNING)
        self._root.addHandler(self._log_handler())
        self._manager = logging.Manager(self._root)

    @contextmanager
    def active(self, request_id: str) -> Iterator[None]:
        """Within it, this process is the environment: nothing may park here."""
        self.request_id = request_id
        self.is_busy = True
        process = sys.stdout, sys.stderr, _loggers()
        variables = _exchange_variables(self._variables)
        sys.stdout = sys.stderr = self._output
        _set_loggers(self._root, self._manager)
        try:
            with self._modules.in_place():
                yield
        finally:
            sys.stdout, sys.stderr, loggers = process
            _set_loggers(*loggers)
            _exchange_variables(variables)
            self.is_busy = False

    def handler(self) -> Handler:
        """The handler, imported at first use. Call it within `active`."""
        if self._handler is None:
            self._handler = _load(self._handler_name)
        return self._handler

    @property
    def is_loaded(self) -> bool:
        """Whether the handler was imported without an error."""
        return self._handler is not None

    def take_output(self) -> str:
        """What was printed and logged since the last call."""
        output = self._written.getvalue().decode("utf-8", "replace")
        self._written.seek(0)
        self._written.truncate()
        return output

    def _log_handler(self) -> logging.Handler:
        def identify(record: logging.LogRecord) -> bool:
            record.aws_request_id = self.request_id
            return True

        handler = logging.StreamHandler(self._output)
        handler.addFilter(identify)
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        return handler


def _load(name: str) -> Handler:
    """Import the handler as Lambda's runtime does, with its names for what can go wrong."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise BootstrapError(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
        )
    module_name = module_name.replace("/", ".")
    try:
        __import__(module_name)
    except ImportError as error:
        raise BootstrapError(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    except SyntaxError as error:
        raise BootstrapError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
        ) from error
    handler: Handler | None = getattr(sys.modules[module_name], function_name, None)
    if handler is None:
        raise BootstrapError(
            "Runtime.HandlerNotFound",
            f"Handler '{function_name}' missing on module '{module_name}'",
        )
    return handler


def _loggers() -> tuple[logging.RootLogger, logging.Manager]:
    return logging.root, logging.Logger.manager


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
