"""Users: calls of an alias, evenly over each minute of virtual time."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable
from random import Random
from typing import cast

from moto.awslambda.models import lambda_backends

from canary.localaws.account import LocalAws
from canary.localaws.awslambda import metrics
from canary.localaws.awslambda.exceptions import (
    ResourceConflictException,
    TooManyRequestsException,
)
from canary.localaws.awslambda.invocation import Invocation
from canary.localaws.awslambda.models import LambdaBackend
from canary.localaws.clock import Task

SAMPLES_PER_MINUTE = 60
_REFUSALS = (ResourceConflictException, TooManyRequestsException)


class Traffic:
    """
    Steady traffic on an alias; `payload` gives what the n-th call brings (by default {}). Up to 60
    calls a minute all run. Of more than that a sample runs, 60 a minute; the others are counted as
    they would have come out: split by the alias's weights, failing as often and lasting as long as
    the version's latest 60 samples did.
    """

    def __init__(
        self,
        aws: LocalAws,
        function: str,
        alias: str,
        calls_per_minute: float,
        payload: Callable[[int], object] | None = None,
    ) -> None:
        self.calls = 0
        self.refused = 0
        self._aws = aws
        self._address = function, alias
        self._per_minute = calls_per_minute
        self._payload = payload or (lambda _: {})
        self._random = aws.random(f"traffic {function}:{alias}")
        self._samples: dict[str, deque[Invocation]] = {}
        self._sampled: Counter[str] = Counter()
        self._task: Task | None = None

    def start(self) -> None:
        """Let the calls come."""
        if self._task is None:
            name = "traffic on {}:{}".format(*self._address)
            self._task = self._aws.clock.spawn(self._run, name=name, group=self)

    def stop(self) -> None:
        """Let no more come."""
        self._task = None
        self._aws.clock.kill(self)

    def _run(self) -> None:
        ticks = min(self._per_minute, SAMPLES_PER_MINUTE)
        if ticks <= 0:
            return
        due = 0.0
        while True:
            self._aws.clock.sleep(60 / ticks)
            due += self._per_minute / ticks
            if calls := int(due):
                due -= calls
                self._tick(calls)

    def _tick(self, calls: int) -> None:
        """The calls of one moment: one of them runs, and one of each version not seen before."""
        split = self._split(calls)
        sampled = min(split, key=lambda version: (self._sampled[version], version))
        for version, count in sorted(split.items()):
            runs = version == sampled or version not in self._samples
            if runs:
                self._call(version)
            if count > runs:
                self._count(version, count - runs)
        self.calls += calls

    def _split(self, calls: int) -> dict[str, int]:
        alias = self._backend.get_alias(self._address[1], self._address[0])
        additional = {
            version: binomial(self._random, calls, weight)
            for version, weight in alias.weights.items()
        }
        rest = calls - sum(additional.values())
        counts = {str(alias.function_version): rest} | additional
        return {version: count for version, count in counts.items() if count}

    def _call(self, version: str) -> None:
        """Run one call."""
        invoker = self._backend.invoker
        self._sampled[version] += 1
        event = json.dumps(self._payload(self.calls)).encode()
        try:
            invocation = invoker.invoke(invoker.target(*self._address, version), event)
        except _REFUSALS:
            self.refused += 1
            return
        self._samples.setdefault(version, deque(maxlen=SAMPLES_PER_MINUTE)).append(invocation)

    def _count(self, version: str, calls: int) -> None:
        invoker = self._backend.invoker
        target = invoker.target(*self._address, version)
        try:
            invoker.admit(target, calls)
        except _REFUSALS:
            self.refused += calls
            return
        samples = self._samples[version]
        failed = sum(sample.function_error is not None for sample in samples)
        errors = binomial(self._random, calls, failed / len(samples))
        spent = self._random.choices([each.seconds - each.overhead for each in samples], k=calls)
        seconds = [round(each + invoker.overhead(), 5) for each in spent]
        metrics.count_outcomes(target.dimensions, calls, errors)
        metrics.count_durations(target.dimensions, Counter(seconds))

    @property
    def _backend(self) -> LambdaBackend:
        return cast(LambdaBackend, self._aws.backend(lambda_backends))


def binomial(random: Random, trials: int, probability: float) -> int:
    """How many of `trials` come true."""
    if probability <= 0.0 or probability >= 1.0:
        return trials if probability >= 1.0 else 0
    return sum(random.random() < probability for _ in range(trials))
