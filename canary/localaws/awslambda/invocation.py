"""Invocations: which version answers, and what is left of it in metrics and logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.logs.models import LogsBackend, logs_backends

from canary.localaws.account import current
from canary.localaws.awslambda import metrics, runtime
from canary.localaws.awslambda.asynchronous import Delivery
from canary.localaws.awslambda.environments import Environments
from canary.localaws.awslambda.exceptions import (
    InvalidRequestContentException,
    TooManyRequestsException,
)
from canary.localaws.awslambda.functions import Function

if TYPE_CHECKING:
    from canary.localaws.awslambda.models import LambdaBackend

# A Lambda function that does nothing answers within these.
_FASTEST, _SLOWEST = 0.001, 0.003


@dataclass(frozen=True)
class Invocation:
    """
    An invocation that ran: its answer, or its error, and how long it took in virtual time; of which
    `overhead` is what a function that does nothing takes.
    """

    payload: bytes
    function_error: str | None
    executed_version: str
    seconds: float
    log: str
    overhead: float = 0.0


@dataclass(frozen=True)
class Target:
    """Who is called, which version answers, and how it is measured."""

    function: Function
    qualifier: str | None
    dimensions: tuple[Mapping[str, str], ...]

    @property
    def version(self) -> str:
        """The version that answers."""
        return str(self.function.version)

    @property
    def arn(self) -> str:
        """The ARN by which it was called."""
        unqualified = self.function.function_arn.removesuffix(f":{self.function.version}")
        return f"{unqualified}:{self.qualifier}" if self.qualifier else unqualified


class Invoker:
    """Routes invocations and runs them."""

    def __init__(self, backend: LambdaBackend) -> None:
        aws = current()
        self.environments = Environments()
        self._backend = backend
        self._clock = aws.clock
        self._routing = aws.random("lambda routing")
        self._durations = aws.random("lambda durations")
        self._request_ids = aws.random("lambda request ids")

    def target(self, name: str, qualifier: str | None, version: str | None = None) -> Target:
        """Where a call goes. `version` picks one of an alias's versions instead of chance."""
        alias = self._backend.find_alias(name, qualifier)
        answering = qualifier
        if alias is not None:
            answering = version or alias.choose(self._routing)
        function = self._backend.find(name, answering).serving
        executed = str(function.version) if alias is not None and alias.weights else None
        return Target(function, qualifier, metrics.dimension_sets(name, qualifier, executed))

    def invoke(self, target: Target, payload: bytes) -> Invocation:
        """Run the target here and now. Nothing parks: the time that it takes is in the result."""
        event = _event(payload)
        self.admit(target)
        overhead = self.overhead()
        outcome = self._run(target, event, overhead)
        metrics.count_invocations(
            target.dimensions, 1, int(outcome.error is not None), outcome.seconds
        )
        return Invocation(
            outcome.payload, outcome.error, target.version, outcome.seconds, outcome.log, overhead
        )

    def overhead(self) -> float:
        """How long a function that does nothing takes this time, in seconds."""
        return round(self._durations.uniform(_FASTEST, _SLOWEST), 5)

    def event_options(self, name: str) -> Mapping[str, Any]:
        """The function's EventInvokeConfig: how often and how long its events are repeated."""
        configs = self._backend.find(name, None).event_invoke_config
        return configs[0].config if configs else {}

    def queue(self, name: str, qualifier: str | None, payload: bytes) -> None:
        """Invoke asynchronously, in a task of its own."""
        _event(payload)
        delivery = Delivery(self, name, qualifier, payload)
        self._clock.spawn(delivery.run, name=f"event for {name}")

    def admit(self, target: Target, calls: int = 1) -> None:
        """Refuse calls, and count those that are throttled, where the target cannot take any."""
        if target.function.is_pending:
            target.function.check_settled()
        latest = self._backend.find(target.function.function_name, None)
        if latest.reserved_concurrency == 0:
            metrics.count_throttles(target.dimensions, calls)
            raise TooManyRequestsException

    def _run(self, target: Target, event: Any, overhead: float) -> runtime.Outcome:
        function = target.function
        layers = self._backend.layer_archives(function)
        environment = self.environments.take(function, layers)
        outcome = runtime.run(
            self._clock,
            function,
            environment,
            event,
            target.arn,
            self._request_id(),
            overhead,
        )
        if outcome.is_broken:
            self.environments.discard(function, environment)
        self._store_log(function.log_group, environment.log_stream, outcome.log)
        return outcome

    def _request_id(self) -> str:
        digits = f"{self._request_ids.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _store_log(self, group: str, stream: str, log: str) -> None:
        logs: LogsBackend = current().backend(logs_backends)
        now = int(self._clock.now() * 1000)
        logs.ensure_log_group(group)
        logs.ensure_log_stream(group, stream)
        logs.put_log_events(
            group, stream, [{"timestamp": now, "message": line} for line in log.splitlines()]
        )


def _event(payload: bytes) -> Any:
    try:
        return json.loads(payload or b"{}")
    except ValueError as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: {error}"
        ) from None
